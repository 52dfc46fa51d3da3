import NeuralGraphs
import Nowcasting
import Synchronization
import Tensors
import TestSupport
import Testing

/// Message passing along some edges, lower precision, and single numbers recomputed: each against the edge-list form.
@Suite struct SamplingTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func bothFormsAgreeOnSampledEdges(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        let (nodes, history) = (try NodeInput(graph), try SampleNetwork.history(graph.parameters, seed: seed))
        let network = try SampleNetwork.graph(SampleNetwork.graphWeights(seed: seed))
        func block(_ sampler: EdgeSampler?) throws -> [Float] {
            let output = Sink(count: history.count, parameters: graph.parameters)
            try StreamedNetwork(network).nowcast(
                history, graph: graph, nodes: nodes, horizon: 2, into: output, options: NowcastOptions(sampler: sampler)
            )
            return output.values.array
        }
        let last = history.states[4].array
        let sampler = EdgeSampler(ratio: 0.3, seed: seed)
        let chosen = sampler.chosen(in: graph)
        #expect(chosen.contains(true) && chosen.contains(false))
        let list = try EdgeListForm(network).nowcast(
            history, edges: EdgeList(graph), nodes: nodes, horizon: 2, passingAlong: chosen)
        let sampled = try block(sampler)
        #expect(relativeError(sampled, list.map(Double.init), last: last) < 1e-5)
        // The twins: another seed, and all edges.
        #expect(
            relativeError(try block(EdgeSampler(ratio: 0.3, seed: seed + 100)), list.map(Double.init), last: last)
                > 1e-3)
        #expect(
            relativeError(try block(EdgeSampler(ratio: 1, seed: seed)), try block(nil).map(Double.init), last: last)
                < 1e-5)
    }

    @Test func theShareOfChosenEdgesIsTheRatio() {
        for ratio in [0.05, 0.5, 0.9] {
            let sampler = EdgeSampler(ratio: ratio, seed: 3)
            let share = Double((0..<100_000).count { sampler.includes(block: 2, edge: $0) }) / 100_000
            #expect(abs(share - ratio) < 0.01)
        }
    }

    @Test(.enabled(if: ProductPrecision.bfloat16.isSupported))
    func bfloat16ProductsAreCloseAndNotExact() throws {
        let graph = try GraphBuilder.everyKind(seed: 3).graph()
        let (nodes, history) = (try NodeInput(graph), try SampleNetwork.history(graph.parameters, seed: 3))
        let network = GraphNetwork.random(seed: 5)
        let exact = try StreamedNetwork(network).nowcast(history, graph: graph, nodes: nodes, horizon: 2).array
        let rounded = try StreamedNetwork(network, precision: .bfloat16).nowcast(
            history, graph: graph, nodes: nodes, horizon: 2
        ).array
        let error = relativeError(rounded, exact.map(Double.init), last: history.states[4].array)
        // Factors carry 8 bits: single products err by 2^-8, sums of them by less.
        #expect(error > 1e-6 && error < 1e-2)
    }

    @Test func sampledNumbersOfALargeResultAreRecomputed() throws {
        let graph = try GraphBuilder.everyKind(seed: 8).graph()
        let history = try SampleNetwork.history(graph.parameters, seed: 8)
        let network = try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 8))
        let states = Mutex<[Tensor]>([])
        let output = Sink(count: history.count, parameters: graph.parameters)
        try StreamedNetwork(network).nowcast(
            history, graph: graph, nodes: NodeInput(graph), horizon: 2, into: output,
            options: NowcastOptions { nodes in
                states.withLock { $0.append(Tensor(shape: nodes.shape, values: nodes.array)) }
            })
        let nodes = states.withLock { $0 }
        let oracle = DoublePrecisionReference(network, graph: graph, source: history, nodes: nodes)
        let wrong = DoublePrecisionReference(
            network, graph: graph, source: history, nodes: [nodes[0], nodes[1], nodes[1]])
        var (agreeing, differing) = (0, 0)
        for (index, entry) in graph.parameters.entries.enumerated() {
            let (expected, found) = (
                oracle.nowcast(entry.count / 2, of: index, horizon: 2),
                Double(output.values.values[entry.offset + entry.count / 2])
            )
            if abs(expected - found) < 1e-4 { agreeing += 1 }
            if abs(wrong.nowcast(entry.count / 2, of: index, horizon: 2) - found) > 1e-4 { differing += 1 }
        }
        #expect(agreeing == graph.parameters.entries.count)
        #expect(differing > agreeing / 2)
        for node in stride(from: 0, to: graph.nodeCount, by: 7) {
            for (h, value) in oracle.state(of: node, after: 1).enumerated() {
                #expect(abs(value - Double(nodes[2].values[node * 8 + h])) < 1e-4)
            }
        }
    }
}

/// Predicted parameters as one vector.
private struct Sink: NowcastSink {
    let values: Tensor
    let parameters: ParameterList

    init(count: Int, parameters: ParameterList) {
        (values, self.parameters) = (Tensor(shape: [count]), parameters)
    }

    func write(_ patch: ScalarPatch, from numbers: UnsafePointer<Float>, stride: Int) {
        let start = parameters.entries[patch.parameter].offset + patch.first
        for row in 0..<patch.rows {
            for column in 0..<patch.columns {
                values.values[start + row * patch.rowStride + column * patch.columnStride] =
                    numbers[row * stride + column]
            }
        }
    }
}
