import NeuralGraphs
import Tensors

/// NiNo's graph network, factorized so that nothing of size edges × H exists. Source: nino-model.md 4.
///
/// How work is cut, and the order in which its sums are added, follows from the graph; so results are bit-identical for
/// any number of threads. Memory: five arrays of nodes × H, and a few megabytes a thread.
public struct StreamedNetwork: Sendable {
    public let shape: NetworkShape
    public let precision: ProductPrecision
    private let weights: StreamedWeights

    /// Folds weights: some 30 million multiplications at H = 128, so make one and keep it.
    ///
    /// - Parameter precision: of the H × H products; the processor must have it.
    public init(_ network: NowcastNetwork, precision: ProductPrecision = .float32) {
        precondition(network.shape.method == .nino, "a network of \(network.shape.method) on a graph")
        precondition(precision.isSupported, "this processor has no \(precision.rawValue) products")
        (shape, self.precision) = (network.shape, precision)
        weights = StreamedWeights(network, precision: precision)
    }

    /// States of all nodes, [nodes, H], before the first and after each round of message passing.
    ///
    /// - Throws: as `nowcast`.
    public func nodeStates(_ source: some StateSource, graph: GraphInput) throws -> [Tensor] {
        let nowcast = try begin(source, graph, NowcastOptions())
        var states: [Tensor] = []
        try nowcast.passMessages(graph.nodes) { states.append(Tensor(shape: $0.shape, values: $0.array)) }
        return states
    }

    /// - Throws: `slots`, `edgeType`, and the errors of `NodeInput`; what the source throws.
    private func begin<Source: StateSource>(
        _ source: Source, _ graph: GraphInput, _ options: NowcastOptions
    ) throws -> StreamedNowcast<Source> {
        precondition(source.parameters == graph.parameters, "history and graph list different parameters")
        guard graph.slotCount <= shape.slots else {
            throw NowcastError.slots(expectedAtMost: shape.slots, found: graph.slotCount)
        }
        try graph.nodes.check(
            nodeCount: graph.nodeCount, width: shape.width, wordEmbedding: weights.wordEmbedding)
        guard graph.largestType < shape.edgeTypes else {
            throw NowcastError.edgeType(expectedBelow: shape.edgeTypes, found: graph.largestType)
        }
        return try StreamedNowcast(weights, source: source, plan: graph.plan, options: options)
    }
}

extension StreamedNetwork: Nowcaster {
    public var name: String { "nino" }
    public var longestHorizon: Int? { shape.horizons }
    public var needsGraph: Bool { true }

    /// Only the read-out depends on the horizon: more horizons cost a dot product an edge each.
    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        guard let graph else { throw NowcastError.graphMissing(method: name) }
        try check(horizons, for: sinks)
        let bytes = StateHistory.contextLength * source.parameters.count * MemoryLayout<Float>.stride
        // Of several ranks each reads what it needs alone.
        if graph.isListed || bytes <= options.memory && options.ranks.size == 1 {
            return try nowcast(StateHistory(reading: source), horizons, graph, into: sinks, options)
        }
        return try nowcast(source, horizons, graph, into: sinks, options)
    }

    private func nowcast(
        _ source: some StateSource, _ horizons: [Int], _ graph: GraphInput, into sinks: [any NowcastSink],
        _ options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        let nowcast = try begin(source, graph, options)
        try nowcast.checkStopped()
        if try !nowcast.restoreTerms() {
            try nowcast.passMessages(graph.nodes)
            nowcast.saveTerms()
        }
        return try nowcast.readOut(horizons, into: sinks)
    }
}
