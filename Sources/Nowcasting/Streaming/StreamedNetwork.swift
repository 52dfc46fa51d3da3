import NeuralGraphs
import Tensors

/// NiNo's graph network on a graph in blocks: the same function as `EdgeListForm`, factorized so that nothing of size
/// edges × H exists. Source: nino-model.md 4.
///
/// How work is cut, and the order in which its sums are added, follows from the graph; so results are bit-identical for
/// any
/// number of threads. Memory: five arrays of nodes × H, and a few megabytes a thread.
public struct StreamedNetwork: Sendable {
    public let network: GraphNetwork
    public let precision: ProductPrecision
    private let folded: FoldedNetwork
    private let matrices: TileMatrices

    /// Folds weights: some 30 million multiplications at H = 128, so make one and keep it.
    ///
    /// - Parameter precision: of the H × H products; the processor must have it.
    public init(_ network: GraphNetwork, precision: ProductPrecision = .float32) {
        precondition(precision.isSupported, "this processor has no \(precision.rawValue) products")
        self.network = network
        self.precision = precision
        folded = FoldedNetwork(network)
        matrices = TileMatrices(folded, precision: precision)
    }

    /// - Parameter horizon: k, in 1 … K.
    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: as the streaming form.
    public func nowcast(_ history: StateHistory, graph: NeuralGraph, nodes: NodeInput, horizon: Int)
        throws(NowcastError) -> Tensor
    {
        let output = Tensor(shape: [history.count])
        try nowcast(
            history, graph: graph, nodes: nodes, horizon: horizon,
            into: FlatSink(parameters: history.parameters, output: output))
        return output
    }

    /// The same from any source of states into any place for the result.
    ///
    /// - Returns: how far the result is from the newest state.
    /// - Throws: `horizon`, `slots`, `edgeType`, `stopped`, and the errors of `NodeInput`.
    @discardableResult
    public func nowcast(
        _ source: some StateSource, graph: NeuralGraph, nodes: NodeInput, horizon: Int, into sink: some NowcastSink,
        options: NowcastOptions = .init()
    ) throws(NowcastError) -> ChangeMeasure {
        precondition(source.parameters == graph.parameters, "history and graph list different parameters")
        try network.check(horizon: horizon, slots: graph.slotCount)
        try nodes.check(nodeCount: graph.nodeCount, network: network)
        if let type = (graph.edgeBlocks.map(\.type.rawValue) + [EdgeType.selfLoop.rawValue]).max(),
            type >= network.edgeTypes
        {
            throw .edgeType(expectedBelow: network.edgeTypes, found: type)
        }
        let run = StreamedNowcast(folded, matrices, source: source, plan: TilePlan(graph), options: options) {
            source.hasFailed || sink.hasFailed
        }
        try run.checkStopped()
        if !run.restoreTerms() {
            run.projectNodes(nodes)
            options.inspector?(run.nodes)
            for layer in folded.updates.indices {
                run.passMessages(layer)
                try run.checkStopped()
                options.inspector?(run.nodes)
                run.prepareUpdate(layer)
            }
            run.saveTerms()
        }
        let change = run.readOut(horizon: horizon, into: sink)
        try run.checkStopped()
        return change
    }
}
