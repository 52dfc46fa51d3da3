import Foundation
import PluginHost
import Tensors
import TestSupport
import Testing

/// Constants of a traced program that lie in a file beside it.
@Suite struct TracedConstantsTests {
    private static let plugins = Result { try registry("NinoTraced").registry }

    /// The fixture with its constants taken out: as bytes of float32 by their names, and the text without them.
    private func parted() throws -> (text: String, constants: [(name: String, bytes: Data)]) {
        let path = "Tests/Fixtures/traced/llama.nino.json"
        var text = try String(contentsOf: BuiltProducts.repository.appendingPathComponent(path), encoding: .utf8)
        var constants: [(name: String, bytes: Data)] = []
        for match in text.matches(of: /("name": "(constant\.\d)"[^}]*), "data": "([^"]*)"/) {
            constants.append((String(match.output.2), try #require(Data(base64Encoded: String(match.output.3)))))
        }
        text.replace(/("name": "constant\.\d"[^}]*), "data": "[^"]*"/) { $0.output.1 }
        text.replace("\"constants\":", with: "\"constants_file\": \"tables.safetensors\",\n\"constants\":")
        return (text, constants)
    }

    private func safetensors(_ tensors: [(name: String, bytes: Data)], shape: [Int]) -> [UInt8] {
        var (entries, data) = ([String](), Data())
        for tensor in tensors {
            let range = "[\(data.count), \(data.count + tensor.bytes.count)]"
            entries.append("\"\(tensor.name)\": {\"dtype\": \"F32\", \"shape\": \(shape), \"data_offsets\": \(range)}")
            data += tensor.bytes
        }
        let header = Array("{\(entries.joined(separator: ", "))}".utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + Array(data)
    }

    private func model(_ text: String, in folder: TemporaryFolder) throws -> Model {
        let path = folder.write(text, to: "model.nino.json")
        return try Self.plugins.get().model(for: ModelConfiguration(json: Data(text.utf8), file: path))
    }

    private func constants(of model: Model) throws -> [[Float]] {
        let program = try model.trace(inputs: model.inputTypes(batch: 2, length: 5))
        return program.nodes.compactMap {
            guard case .constant(.float(let tensor)) = $0.source else { return nil }
            return tensor.array
        }
    }

    @Test func constantsInAFileAreThoseOfTheText() throws {
        let folder = TemporaryFolder()
        let (text, tensors) = try parted()
        #expect(tensors.count == 2)
        folder.write(safetensors(tensors, shape: [16, 2]), to: "tables.safetensors")
        let path = "Tests/Fixtures/traced/llama.nino.json"
        let whole = try String(contentsOf: BuiltProducts.repository.appendingPathComponent(path), encoding: .utf8)
        let found = try constants(of: model(text, in: folder))
        #expect(found.count >= 2 && found.allSatisfy { !$0.isEmpty })
        #expect(try found == constants(of: Self.plugins.get().model(for: configuration(whole))))
    }

    @Test func whatIsWrongWithTheFileIsNamed() throws {
        let (text, tensors) = try parted()
        let right = safetensors(tensors, shape: [16, 2])
        let cases: [(text: String, file: [UInt8]?, says: String)] = [
            (text, nil, "tables.safetensors"),
            (text, Array(right.dropLast(4)), "tables.safetensors"),
            (text, safetensors(tensors, shape: [2, 16]), "expected [16, 2] in tables.safetensors, found [2, 16]"),
            (text, safetensors([tensors[0]], shape: [16, 2]), "constant.1"),
            (text.replacing("tables.safetensors", with: "../tables.safetensors"), right, "the name of a file"),
        ]
        for (text, file, says) in cases {
            let folder = TemporaryFolder()
            if let file { folder.write(file, to: "tables.safetensors") }
            let error = #expect(throws: PluginHostError.self) { try model(text, in: folder) }
            #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        }
        // A text that came from no file has nothing beside it.
        let error = #expect(throws: PluginHostError.self) { try Self.plugins.get().model(for: configuration(text)) }
        #expect(error?.description.contains("came from no file") == true)
    }
}
