import Checkpoints
import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

@Suite struct PretrainedCheckpointTests {
    @Test func itIsANiNoThatTakesEveryGraph() throws {
        let file = try Checkpoint(named: Checkpoint.pretrainedName)
        guard case .graph(let network) = try NowcastCheckpoint(file) else {
            Issue.record("expected a network of graphs")
            return
        }
        #expect(network.slots == 9 && network.horizons == 40 && network.edgeTypes == 15 && network.wordEmbedding == nil)
        #expect(file.tensors.reduce(0) { $0 + $1.byteCount } < 3_000_000)
        // What made it is inside.
        #expect(file.metadata["meta_training"]?.contains("\"steps\"") == true)
    }

    @Test func otherNamesArePaths() throws {
        let folder = TemporaryFolder()
        #expect(throws: CheckpointError.cannotOpen(file: folder + "nino", cause: "No such file or directory")) { try Checkpoint(named: folder + "nino") }
    }
}
