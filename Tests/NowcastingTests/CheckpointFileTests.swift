import Checkpoints
import Foundation
import Nowcasting
import TestSupport
import Testing

@Suite struct CheckpointFileTests {
    /// A safetensors file: header length, header, numbers one tensor after the other.
    private func safetensors(_ weights: [String: NamedWeight], arguments: String?) throws -> Data {
        var header: [String: Any] = [:]
        if let arguments { header["__metadata__"] = ["model_args": arguments] }
        var body = Data()
        for (name, weight) in weights.sorted(by: { $0.key < $1.key }) {
            let start = body.count
            for value in weight.values {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { body.append(contentsOf: $0) }
            }
            header[name] = ["dtype": "F32", "shape": weight.shape, "data_offsets": [start, body.count]]
        }
        let text = try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys])
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text + body
    }

    private func load(_ data: Data) throws -> NowcastNetwork {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "nowcast-\(UUID().uuidString).safetensors")
        try data.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try NowcastNetwork(opening: file.path)
    }

    @Test func argumentsInTheMetadataSayWhatTheWeightsAreFor() throws {
        let scalar = SampleNetwork.scalarWeights(width: 32, seed: 1)
        let expected = try NowcastNetwork(weights: scalar, arguments: SampleNetwork.scalarArguments)
        #expect(try load(safetensors(scalar, arguments: #"{"gnn": false, "hid": 32}"#)) == expected)
        // Without them the defaults hold, which are those of a graph network with word positions.
        #expect(throws: NowcastError.self) { try load(safetensors(scalar, arguments: nil)) }
        let graph = SampleNetwork.graphWeights(words: 4, seed: 1)
        #expect(
            try load(safetensors(graph, arguments: nil))
                == NowcastNetwork(weights: graph, arguments: NetworkArguments()))
        #expect(throws: CheckpointError.self) { try load(Data("no checkpoint".utf8)) }
    }
}
