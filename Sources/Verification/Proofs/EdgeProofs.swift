import NeuralGraphs
import Nowcasting
import Tensors

/// The proofs that look at every edge of a graph.
struct EdgeProofs {
    let graph: GraphProof
    let nowcast: NowcastProof

    /// - Throws: as the proofs.
    init(_ graph: NeuralGraph, nowcaster: (any Nowcaster)?, using random: inout SeededRandom) throws {
        self.graph = try GraphProof(graph)
        nowcast = try NowcastProof(
            GraphInput(graph), graph.parameters, slots: graph.slotCount, nowcaster: nowcaster, using: &random)
    }
}
