import Checkpoints
import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

@Suite struct PretrainedCheckpointTests {
    @Test func itIsANiNoThatTakesEveryGraph() throws {
        let file = try Checkpoint(named: Checkpoint.pretrainedName)
        let network = try NowcastNetwork(file)
        #expect(network.shape == NetworkShape(method: .nino, width: network.shape.width))
        #expect(network.wordEmbedding == nil)
        #expect(file.tensors.reduce(0) { $0 + $1.byteCount } < 3_000_000)
        // What made it is inside.
        #expect(file.metadata["meta_training"]?.contains("\"steps\"") == true)
        #expect(try file.stateKind == .mean)
    }

    @Test func aCheckpointSaysWhichStatesItWants() throws {
        let folder = TemporaryFolder()
        func kind(_ metadata: [String: String]) throws -> StateKind {
            try TrainableNetwork(NetworkShape(method: .wnn, width: 4, slots: 1), seed: 1).write(
                to: folder + "ck.safetensors", metadata: metadata)
            return try Checkpoint(opening: folder + "ck.safetensors").stateKind
        }
        #expect(try kind([:]) == .snapshot)
        #expect(try kind(["states": "mean"]) == .mean)
        #expect(
            throws: NowcastError.setting(
                name: "\(folder + "ck.safetensors"): states", expected: "snapshot or mean", found: "medians")
        ) { try kind(["states": "medians"]) }
    }

    @Test func otherNamesArePaths() throws {
        let folder = TemporaryFolder()
        #expect(throws: CheckpointError.cannotOpen(file: folder + "nino", cause: "No such file or directory")) {
            try Checkpoint(named: folder + "nino")
        }
    }
}
