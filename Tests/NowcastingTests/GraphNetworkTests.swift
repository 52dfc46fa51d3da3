import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

/// The network on graphs in blocks and edge by edge, against double precision.
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
            let block = try nowcast(network, history, GraphInput(graph, nodes: nodes), horizon)
            let list = try nowcast(
                network, history, GraphInput(edges, nodes: nodes, parameters: graph.parameters), horizon)
            #expect(relativeError(list, expected, last: last) < tolerance)
            #expect(relativeError(block, expected, last: last) < tolerance)
        }
    }

    @Test(arguments: [8, 20, 32, 64, 128])
    func formsAgreeForAnyWidth(width: Int) throws {
        for seed in 100...104 as ClosedRange<UInt64> {
            let (graph, edges, nodes, history) = try case_(seed: seed)
            let network = try SampleNetwork.graph(SampleNetwork.graphWeights(width: width, seed: seed))
            let list = try nowcast(network, history, GraphInput(edges, nodes: nodes, parameters: graph.parameters), 3)
            let block = try nowcast(network, history, GraphInput(graph, nodes: nodes), 3)
            #expect(relativeError(block, list.map(Double.init), last: history.states[4].array) < tolerance)
        }
    }

    /// Widths of the packed products, against the network written out in double precision; a weight of a product that
    /// changes shows.
    @Test(arguments: [32, 64, 96])
    func packedProductsAreThoseOfTheReference(width: Int) throws {
        let (graph, edges, nodes, history) = try case_(seed: 31)
        var weights = SampleNetwork.graphWeights(width: width, seed: 32)
        let last = history.states[4].array
        func found() throws -> [Float] {
            try nowcast(SampleNetwork.graph(weights), history, GraphInput(graph, nodes: nodes), 2)
        }
        let expected = ReferenceNetwork(weights: weights).nowcast(
            history, edges, encoding: nodes.encoding, horizon: 2)
        #expect(try relativeError(found(), expected, last: last) < tolerance)
        for name in ["gnn.edge_update.1.lin_e.weight", "gnn.convs.1.edge_encoder.weight", "edge_out.fc.0.weight"] {
            let right = try #require(weights[name])
            var values = right.values
            values[0] += 1
            weights[name] = NamedWeight(shape: right.shape, values: values)
            #expect(try relativeError(found(), expected, last: last) > tolerance, "\(name)")
            weights[name] = right
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
        let block = try nowcast(network, history, GraphInput(graph, nodes: nodes), 2)
        let list = try nowcast(network, history, GraphInput(edges, nodes: nodes, parameters: graph.parameters), 2)
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
        let block = try nowcast(network, history, GraphInput(graph, nodes: nodes), 4)
        let list = try nowcast(network, history, GraphInput(edges, nodes: nodes, parameters: graph.parameters), 4)
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
        let block = try nowcast(SampleNetwork.graph(weights), history, GraphInput(graph, nodes: nodes), 2)
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
        let network = try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1))
        let input = GraphInput(graph, nodes: nodes)
        for horizon in [0, -3, SampleNetwork.horizons + 1] {
            let error = NowcastError.horizon(expectedAtMost: SampleNetwork.horizons, found: horizon)
            #expect(throws: error) { try nowcast(network, history, input, horizon) }
            #expect(throws: error) {
                try StreamedNetwork(network).nowcast(history, horizons: [1, horizon], graph: input)
            }
        }
        for input in [input, try GraphInput(edges, nodes: nodes, parameters: graph.parameters)] {
            #expect(throws: NowcastError.slots(expectedAtMost: 4, found: 9)) {
                try nowcast(
                    SampleNetwork.graph(SampleNetwork.graphWeights(slots: 4, seed: 1)), history, input, 1)
            }
        }
        let short = NodeInput(encoding: Array(nodes.encoding.dropLast()), words: [])
        #expect(throws: NowcastError.encodingLength(expected: nodes.encoding.count, found: nodes.encoding.count - 1)) {
            try nowcast(network, history, GraphInput(graph, nodes: short), 1)
        }
        let words = try SampleNetwork.graph(SampleNetwork.graphWeights(words: 2, seed: 1), NetworkArguments())
        #expect(throws: NowcastError.wordOutsideVocabulary(node: 1, expectedBelow: 2, found: 2)) {
            try nowcast(words, history, input, 1)
        }
        let wordless = GraphInput(graph, nodes: NodeInput(encoding: nodes.encoding, words: []))
        #expect(throws: NowcastError.wordCount(expected: graph.nodeCount, found: 0)) {
            try nowcast(words, history, wordless, 1)
        }
        #expect(throws: NowcastError.graphMissing(method: "nino")) {
            try StreamedNetwork(network).nowcast(history, horizon: 1, graph: nil)
        }
    }

    @Test func edgesOfAFileMustReachEveryScalarAndStayInATensor() throws {
        let parameters = ParameterList([("a", [2]), ("b", [2])])
        let nodes = NodeInput(encoding: [Float](repeating: 0, count: 16), words: [])
        func input(scalars: [Int], slots: [Int]) throws -> GraphInput {
            let edges = try EdgeList(
                nodeCount: 2, sources: [0, 0], targets: [1, 1], types: [1, 1], parameterScalars: scalars, slots: slots,
                parameterCount: 4)
            return try GraphInput(edges, nodes: nodes, parameters: parameters)
        }
        #expect(throws: NowcastError.scalarOnNoEdge(parameter: "b", scalar: 1)) {
            try input(scalars: [0, 2], slots: [2, 1])
        }
        #expect(throws: NowcastError.edgeAcrossParameters(edge: 0, parameter: "a")) {
            try input(scalars: [0, 2], slots: [3, 2])
        }
        _ = try input(scalars: [0, 2], slots: [2, 2])
    }

    /// Edges in any order, and nodes that hear any number of them.
    @Test(arguments: 51...56 as ClosedRange<UInt64>)
    func shuffledEdgesOfAFileGiveTheSameNowcast(seed: UInt64) throws {
        let (graph, edges, nodes, history) = try case_(seed: seed)
        var random = SeededGenerator(seed: seed)
        let order = Array(0..<edges.count).shuffled(using: &random)
        func list(_ order: [Int]) throws -> EdgeList {
            try EdgeList(
                nodeCount: edges.nodeCount, sources: order.map { edges.sources[$0] },
                targets: order.map { edges.targets[$0] }, types: order.map { edges.types[$0] },
                parameterScalars: order.map { edges.parameterScalars[$0] }, slots: order.map { edges.slots[$0] },
                parameterCount: history.count)
        }
        let weights = SampleNetwork.graphWeights(seed: seed)
        func found(_ edges: EdgeList) throws -> [Float] {
            try nowcast(
                SampleNetwork.graph(weights), history,
                GraphInput(edges, nodes: nodes, parameters: graph.parameters), 2)
        }
        let last = history.states[4].array
        let reference = ReferenceNetwork(weights: weights)
        let expected = reference.nowcast(history, edges, encoding: nodes.encoding, horizon: 2)
        #expect(relativeError(try found(list(order)), expected, last: last) < tolerance)
        // The twin: without some constant edges, the reference follows and the whole graph does not.
        let constant = order.filter { edges.parameterScalars[$0] < 0 }
        let left = try list(order.filter { edge in !constant.prefix(constant.count / 2).contains(edge) })
        let fewer = reference.nowcast(history, left, encoding: nodes.encoding, horizon: 2)
        #expect(relativeError(try found(left), fewer, last: last) < tolerance)
        #expect(relativeError(try found(list(order)), fewer, last: last) > 10 * tolerance)
    }

    @Test func manyHorizonsFromOnePassAreThoseOfPassesOfTheirOwn() throws {
        let (graph, edges, nodes, history) = try case_(seed: 61)
        let horizons = [5, 1, 6]
        let networks: [any Nowcaster] = [
            StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1))),
            WNN(try SampleNetwork.scalar(SampleNetwork.scalarWeights(seed: 1))), .lineFit, .average,
        ]
        for input in [
            GraphInput(graph, nodes: nodes), try GraphInput(edges, nodes: nodes, parameters: graph.parameters),
        ] {
            for network in networks {
                let together = try network.nowcast(history, horizons: horizons, graph: input).map(\.array)
                let apart = try horizons.map { try network.nowcast(history, horizon: $0, graph: input).array }
                let agrees = together == apart
                #expect(agrees && together.count == 3, "\(network.name)")
                let differs = together[0] != together[1]
                #expect(differs == network.looksAhead, "\(network.name)")
            }
        }
    }
}

private func nowcast(_ network: NowcastNetwork, _ history: StateHistory, _ graph: GraphInput, _ horizon: Int) throws
    -> [Float]
{
    try StreamedNetwork(network).nowcast(history, horizon: horizon, graph: graph).array
}
