import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

/// Message passing along some edges, lower precision, and single numbers recomputed.
@Suite struct SamplingTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func sampledEdgesAgreeWithDoublePrecision(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        let (nodes, history) = (try NodeInput(graph), try SampleNetwork.history(graph.parameters, seed: seed))
        let weights = SampleNetwork.graphWeights(seed: seed)
        let network = try SampleNetwork.graph(weights)
        func sampled(_ input: GraphInput, _ sampler: EdgeSampler?) throws -> [Float] {
            let sink = VectorSink(graph.parameters)
            _ = try StreamedNetwork(network).nowcast(
                history, horizons: [2], graph: input, into: [sink], options: NowcastOptions(sampler: sampler))
            return sink.values.array
        }
        func block(_ sampler: EdgeSampler?) throws -> [Float] {
            try sampled(GraphInput(graph, nodes: nodes), sampler)
        }
        let last = history.states[4].array
        let sampler = EdgeSampler(ratio: 0.3, seed: seed)
        let chosen = sampler.chosen(in: graph)
        #expect(chosen.contains(true) && chosen.contains(false))
        let edges = EdgeList(graph)
        let expected = ReferenceNetwork(weights: weights).nowcast(
            history, edges, encoding: nodes.encoding, horizon: 2, passingAlong: chosen)
        #expect(relativeError(try block(sampler), expected, last: last) < 1e-5)
        // A file's edges are known by their numbers in the list.
        let numbered = (0..<edges.count).map { sampler.includes(block: 0, edge: $0) }
        let ofList = ReferenceNetwork(weights: weights).nowcast(
            history, edges, encoding: nodes.encoding, horizon: 2, passingAlong: numbered)
        let list = try GraphInput(edges, nodes: nodes, parameters: graph.parameters)
        #expect(relativeError(try sampled(list, sampler), ofList, last: last) < 1e-5)
        // The twins: another seed, and all edges.
        #expect(
            relativeError(try block(EdgeSampler(ratio: 0.3, seed: seed + 100)), expected, last: last)
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
        let (input, history) = (try GraphInput(graph), try SampleNetwork.history(graph.parameters, seed: 3))
        let network = NowcastNetwork.random(seed: 5)
        let exact = try StreamedNetwork(network).nowcast(history, horizon: 2, graph: input).array
        let rounded = try StreamedNetwork(network, precision: .bfloat16).nowcast(
            history, horizon: 2, graph: input
        ).array
        let error = relativeError(rounded, exact.map(Double.init), last: history.states[4].array)
        // Factors carry 8 bits: single products err by 2^-8, sums of them by less.
        #expect(error > 1e-6 && error < 1e-2)
    }

    @Test func sampledNumbersOfALargeResultAreRecomputed() throws {
        let graph = try GraphBuilder.everyKind(seed: 8).graph()
        let history = try SampleNetwork.history(graph.parameters, seed: 8)
        let weights = SampleNetwork.graphWeights(seed: 8)
        let (streamed, input) = (StreamedNetwork(try SampleNetwork.graph(weights)), try GraphInput(graph))
        let output = try streamed.nowcast(history, horizon: 2, graph: input)
        let nodes = try streamed.nodeStates(history, graph: input)
        func reference(_ nodes: [Tensor]) throws -> SampledReference<StateHistory> {
            try SampledReference(
                DoublePrecisionReference(weights), horizons: SampleNetwork.horizons, graph: graph, source: history,
                nodes: nodes)
        }
        let (oracle, wrong) = (try reference(nodes), try reference([nodes[0], nodes[1], nodes[1]]))
        var (agreeing, differing) = (0, 0)
        for (index, entry) in graph.parameters.entries.enumerated() {
            let (expected, found) = (
                try oracle.nowcast(entry.count / 2, of: index, horizon: 2),
                Double(output.values[entry.offset + entry.count / 2])
            )
            if abs(expected - found) < 1e-4 { agreeing += 1 }
            if abs(try wrong.nowcast(entry.count / 2, of: index, horizon: 2) - found) > 1e-4 { differing += 1 }
        }
        #expect(agreeing == graph.parameters.entries.count)
        #expect(differing > agreeing / 2)
        for node in stride(from: 0, to: graph.nodeCount, by: 7) {
            for (h, value) in try oracle.state(of: node, after: 1).enumerated() {
                #expect(abs(value - Double(nodes[2].values[node * 8 + h])) < 1e-4)
            }
        }
    }
}
