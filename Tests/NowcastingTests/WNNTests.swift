import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

@Suite struct WNNTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func agreesWithDoublePrecisionOnGraphsAndEdgeLists(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        let edges = EdgeList(graph)
        let history = try SampleNetwork.history(graph.parameters, seed: seed)
        var types = [Int](repeating: -1, count: history.count)
        for edge in 0..<edges.count where edges.parameterScalars[edge] >= 0 {
            for slot in 0..<edges.slots[edge] where types[edges.parameterScalars[edge] + slot] < 0 {
                types[edges.parameterScalars[edge] + slot] = edges.types[edge]
            }
        }
        let weights = SampleNetwork.scalarWeights(seed: seed)
        let network = WNN(try SampleNetwork.scalar(weights))
        let last = history.states[4].array
        for horizon in [1, 5] {
            let expected = ReferenceNetwork(weights: weights).nowcast(history, types: types, horizon: horizon)
            let block = try network.nowcast(history, horizon: horizon, graph: GraphInput(graph)).array
            let list = try network.nowcast(
                history, horizon: horizon,
                graph: GraphInput(edges, nodes: NodeInput(graph), parameters: graph.parameters)
            ).array
            // float32 measured at a few 1e-7.
            #expect(relativeError(block, expected, last: last) < 1e-5)
            let agrees = block == list
            #expect(agrees)
            let wrong = ReferenceNetwork(weights: weights).nowcast(
                history, types: types.map { $0 % 5 + 1 }, horizon: horizon)
            #expect(relativeError(block, wrong, last: last) > 1e-3)
        }
        #expect(throws: NowcastError.horizon(expectedAtMost: SampleNetwork.horizons, found: 7)) {
            try network.nowcast(history, horizon: 7, graph: GraphInput(graph))
        }
    }
}
