import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

/// Edge-list form against double precision, block form against both.
@Suite struct GraphNetworkTests {
    // float32 with folded and unfolded weights stays within a few 1e-6 on these networks; 1e-5 leaves room for other
    // processors.
    private let tolerance = 1e-5

    private func case_(seed: UInt64) throws -> (
        graph: NeuralGraph, edges: EdgeList, nodes: NodeInput, history: StateHistory
    ) {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        return (
            graph, EdgeList(graph), try NodeInput(graph), try SampleNetwork.history(graph.parameters, seed: seed + 1000)
        )
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func bothFormsAgreeWithDoublePrecision(seed: UInt64) throws {
        let (graph, edges, nodes, history) = try case_(seed: seed)
        let layers = [3, 2, 4][Int(seed % 3)]
        let weights = SampleNetwork.graphWeights(layers: layers, seed: seed)
        let network = try SampleNetwork.graph(weights)
        let last = history.states[4].array
        for horizon in [1, SampleNetwork.horizons] {
            let expected = ReferenceNetwork(weights: weights).nowcast(
                history, edges, encoding: nodes.encoding, horizon: horizon)
            let list = try EdgeListForm(network).nowcast(history, edges: edges, nodes: nodes, horizon: horizon)
            let block = try StreamedNetwork(network).nowcast(history, graph: graph, nodes: nodes, horizon: horizon)
                .array
            #expect(relativeError(list, expected, last: last) < tolerance)
            #expect(relativeError(block, expected, last: last) < tolerance)
        }
    }

    @Test(arguments: [8, 20, 32, 64, 128])
    func formsAgreeForAnyWidth(width: Int) throws {
        for seed in 100...104 as ClosedRange<UInt64> {
            let (graph, edges, nodes, history) = try case_(seed: seed)
            let network = try SampleNetwork.graph(SampleNetwork.graphWeights(width: width, seed: seed))
            let list = try EdgeListForm(network).nowcast(history, edges: edges, nodes: nodes, horizon: 3)
            let block = try StreamedNetwork(network).nowcast(history, graph: graph, nodes: nodes, horizon: 3).array
            #expect(relativeError(block, list.map(Double.init), last: history.states[4].array) < tolerance)
        }
    }

    @Test func graphsOfPlainWeightsUseTheFirstColumnsOfTheProjection() throws {
        let graph = try GraphBuilder.everyKind(seed: 7, convolution: false).graph()
        #expect(graph.slotCount == 1)
        let (edges, nodes, history) = (
            EdgeList(graph), try NodeInput(graph), try SampleNetwork.history(graph.parameters, seed: 8)
        )
        let weights = SampleNetwork.graphWeights(seed: 9)
        let expected = ReferenceNetwork(weights: weights).nowcast(history, edges, encoding: nodes.encoding, horizon: 2)
        let network = try SampleNetwork.graph(weights)
        let block = try StreamedNetwork(network).nowcast(history, graph: graph, nodes: nodes, horizon: 2).array
        let list = try EdgeListForm(network).nowcast(history, edges: edges, nodes: nodes, horizon: 2)
        #expect(relativeError(block, expected, last: history.states[4].array) < tolerance)
        #expect(relativeError(list, expected, last: history.states[4].array) < tolerance)
    }

    @Test func wordPositionsAndUpdateScaleCount() throws {
        let (graph, edges, nodes, history) = try case_(seed: 21)
        let weights = SampleNetwork.graphWeights(words: 51, seed: 22)
        var arguments = NetworkArguments()
        arguments.updateScale = 0.25
        let network = try SampleNetwork.graph(weights, arguments)
        let reference = ReferenceNetwork(weights: weights, updateScale: 0.25)
        let expected = reference.nowcast(history, edges, encoding: nodes.encoding, words: graph.tokenWords, horizon: 4)
        let last = history.states[4].array
        let block = try StreamedNetwork(network).nowcast(history, graph: graph, nodes: nodes, horizon: 4).array
        let list = try EdgeListForm(network).nowcast(history, edges: edges, nodes: nodes, horizon: 4)
        #expect(relativeError(block, expected, last: last) < tolerance)
        #expect(relativeError(list, expected, last: last) < tolerance)
        // The twins: without words, or with the whole update, the result is another one.
        let wordless = reference.nowcast(
            history, edges, encoding: nodes.encoding, words: graph.tokenWords.map { _ in 0 }, horizon: 4)
        #expect(relativeError(block, wordless, last: last) > 100 * tolerance)
        let whole = ReferenceNetwork(weights: weights).nowcast(
            history, edges, encoding: nodes.encoding, words: graph.tokenWords, horizon: 4)
        #expect(relativeError(block, whole, last: last) > 100 * tolerance)
    }

    @Test(arguments: [31, 33] as [UInt64])
    func everyPartOfTheInputMatters(seed: UInt64) throws {
        let (graph, edges, nodes, history) = try case_(seed: seed)
        let weights = SampleNetwork.graphWeights(seed: seed)
        let block = try StreamedNetwork(SampleNetwork.graph(weights)).nowcast(
            history, graph: graph, nodes: nodes, horizon: 2
        )
        .array
        let last = history.states[4].array
        func differs(_ weights: [String: NamedWeight], _ edges: EdgeList, _ encoding: [Float], horizon: Int = 2) -> Bool
        {
            let other = ReferenceNetwork(weights: weights).nowcast(history, edges, encoding: encoding, horizon: horizon)
            return relativeError(block, other, last: last) > 10 * tolerance
        }
        #expect(!differs(weights, edges, nodes.encoding))
        #expect(differs(weights, edges, nodes.encoding, horizon: 3))
        #expect(differs(weights, edges, nodes.encoding.map { -$0 }))
        for name in weights.keys where !name.hasPrefix("gnn.convs.2.") {
            var changed = weights
            changed[name] = NamedWeight(
                shape: weights[name]!.shape, values: weights[name]!.values.map { $0 * 1.3 + 0.05 })
            let hasEffect = differs(changed, edges, nodes.encoding)
            #expect(hasEffect, "\(name) has no effect")
        }
        let turned = try EdgeList(
            nodeCount: edges.nodeCount, sources: edges.targets, targets: edges.sources, types: edges.types,
            parameterScalars: edges.parameterScalars,
            slots: edges.slots, parameterCount: history.count)
        #expect(differs(weights, turned, nodes.encoding))
    }

    @Test func badRequestsAreRefused() throws {
        let (graph, edges, nodes, history) = try case_(seed: 41)
        let form = StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1)))
        for horizon in [0, -3, SampleNetwork.horizons + 1] {
            let error = NowcastError.horizon(expectedAtMost: SampleNetwork.horizons, found: horizon)
            #expect(throws: error) { try form.nowcast(history, graph: graph, nodes: nodes, horizon: horizon) }
            #expect(throws: error) {
                try EdgeListForm(form.network).nowcast(history, edges: edges, nodes: nodes, horizon: horizon)
            }
        }
        let few = StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(slots: 4, seed: 1)))
        #expect(throws: NowcastError.slots(expectedAtMost: 4, found: 9)) {
            try few.nowcast(history, graph: graph, nodes: nodes, horizon: 1)
        }
        let short = NodeInput(encoding: Array(nodes.encoding.dropLast()), words: [])
        #expect(throws: NowcastError.encodingLength(expected: nodes.encoding.count, found: nodes.encoding.count - 1)) {
            try form.nowcast(history, graph: graph, nodes: short, horizon: 1)
        }
        let words = StreamedNetwork(
            try SampleNetwork.graph(SampleNetwork.graphWeights(words: 2, seed: 1), NetworkArguments()))
        #expect(throws: NowcastError.wordOutsideVocabulary(node: 1, expectedBelow: 2, found: 2)) {
            try words.nowcast(history, graph: graph, nodes: nodes, horizon: 1)
        }
        #expect(throws: NowcastError.wordCount(expected: graph.nodeCount, found: 0)) {
            try words.nowcast(history, graph: graph, nodes: NodeInput(encoding: nodes.encoding, words: []), horizon: 1)
        }
    }

    @Test func scalarsOnNoEdgeOfAFileAreNamed() throws {
        let history = try SampleNetwork.history(ParameterList([("a", [2]), ("b", [2])]), seed: 1)
        let edges = try EdgeList(
            nodeCount: 2, sources: [0, 0], targets: [1, 1], types: [1, 1], parameterScalars: [0, 2], slots: [2, 1],
            parameterCount: 4)
        let network = try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1))
        let nodes = NodeInput(encoding: [Float](repeating: 0, count: 16), words: [])
        #expect(throws: NowcastError.scalarOnNoEdge(parameter: "b", scalar: 1)) {
            try EdgeListForm(network).nowcast(history, edges: edges, nodes: nodes, horizon: 1)
        }
    }
}
