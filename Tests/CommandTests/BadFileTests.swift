import Foundation
import TestSupport
import Testing

/// Files that are wrong on purpose: exit status 2, one line that names the file and what is wrong, and nothing run.
@Suite struct BadFileTests {
    let folder = TemporaryFolder()

    /// Converts a file that must be refused.
    private func refused(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let command = try Command("convert", path, folder + "converted.safetensors")
        #expect(command.status == 2, sourceLocation: sourceLocation)
        #expect(command.errorLines.count == 1, "\(command.errors)", sourceLocation: sourceLocation)
        #expect(command.errors.hasPrefix("nino: \(path): "), "\(command.errors)", sourceLocation: sourceLocation)
        #expect(!folder.contents.contains("converted.safetensors"), sourceLocation: sourceLocation)
        return command.errors
    }

    private let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

    @Test func aWellFormedFileIsConverted() throws {
        let path = folder.write(safetensors(header, Array(repeating: 0, count: 8)), to: "good.safetensors")
        #expect(try Command("convert", path, folder + "converted.safetensors").status == 0)
    }

    @Test func truncatedFile() throws {
        let path = folder.write(safetensors(header, Array(repeating: 0, count: 5)), to: "short.safetensors")
        #expect(try refused(path).contains("expected"))
    }

    @Test func headerLengthBeyondTheFile() throws {
        let path = folder.write(
            safetensors(header, Array(repeating: 0, count: 8), length: 1 << 20), to: "long.safetensors")
        #expect(try refused(path).contains("header"))
    }

    @Test func overlappingOffsets() throws {
        let overlapping =
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#
        let path = folder.write(safetensors(overlapping, Array(repeating: 0, count: 12)), to: "overlap.safetensors")
        let message = try refused(path)
        #expect(message.contains("b"))
        #expect(message.contains("8") && message.contains("4"))
    }

    @Test func pickleThatWouldRunACommandIsRefusedAndRunsNothing() throws {
        let marker = folder + "ran"
        let state = Pickle.orderedDict([("w", Pickle.tensor("0", [2]))])
        let evil = Pickle.call("os", "system", [Pickle.string("touch \(marker)")])
        let path = folder.archive(
            "evil.pt", pickle: Pickle.file(Pickle.dict([("model", state), ("extra", evil)])),
            storages: [("0", Array(repeating: 0, count: 8))])
        #expect(try refused(path).contains("os.system"))
        #expect(!FileManager.default.fileExists(atPath: marker))
        // The same archive without the call is fine.
        let good = folder.archive(
            "good.pt", pickle: Pickle.file(Pickle.dict([("model", state)])),
            storages: [("0", Array(repeating: 0, count: 8))])
        #expect(try Command("convert", good, folder + "converted.safetensors").status == 0)
    }

    @Test func archiveWithAWrongCheckSum() throws {
        let state = Pickle.orderedDict([("w", Pickle.tensor("0", [4]))])
        let data = Array("0123456789abcdef".utf8)
        let path = folder.archive("crc.pt", pickle: Pickle.file(state), storages: [("0", data)])
        var bytes = TemporaryFolder.bytes(of: path)
        let place = try #require(
            bytes.indices.dropLast(data.count).first { Array(bytes[$0..<($0 + data.count)]) == data })
        bytes[place] ^= 1
        folder.write(bytes, to: "crc.pt")
        #expect(try refused(path).contains("CRC"))
    }

    @Test(arguments: ["missing.safetensors", "empty.safetensors", "noise.pt"])
    func otherFiles(name: String) throws {
        if name.hasPrefix("empty") { folder.write("", to: name) }
        if name.hasPrefix("noise") { folder.write("this is no checkpoint at all, only text", to: name) }
        _ = try refused(folder + name)
    }

    @Test(arguments: [
        (#"{"model_type": "transporter"}"#, "key \"model_type\": expected one of "),
        (
            #"{"model_type": "mlp", "in_channels": 1, "image_size": 4, "num_classes": 5}"#,
            "key \"hidden\": expected a list of integers"
        ),
        (
            #"{"model_type": "mlp", "hidden": [3], "in_channels": 1, "image_size": 4, "num_classes": 5, "hiden": 3}"#,
            "key \"hiden\": not a key of this architecture"
        ),
        (
            #"{"model_type": "cnn", "hidden": [3], "in_channels": 1, "image_size": 4, "num_classes": 5, "#
                + #""kernel_size": 9}"#,
            "key \"kernel_size\": expected at most image_size = 4, found 9"
        ),
        (
            #"{"model_type": "cnn", "hidden": [3, 0], "in_channels": 1, "image_size": 4, "num_classes": 5}"#,
            "key \"hidden\": expected a list of integers from 1"
        ),
        (
            #"{"model_type": "cnn", "hidden": [3], "in_channels": 1, "image_size": 4, "num_classes": "five"}"#,
            "key \"num_classes\": expected an integer from 1 to 2147483647, found \"five\""
        ),
        ("[]", "expected a JSON object"), ("{", "line 1, column 2: bad JSON: expected a key in quotes"),
    ])
    func badConfig(json: String, message: String) throws {
        let path = folder.write(json, to: "config.json")
        let command = try Command("graph", "--config", path)
        #expect(command.status == 2)
        #expect(command.errorLines.count == 1, "\(command.errors)")
        #expect(command.errors.hasPrefix("nino: \(path): ") && command.errors.contains(message), "\(command.errors)")
    }
}
