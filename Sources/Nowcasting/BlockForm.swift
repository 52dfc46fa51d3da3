import NeuralGraphs
import Tensors

/// NiNo's graph network on a graph in blocks: the same function as `EdgeListForm`, factorized so that nothing of size
/// edges × H exists. Source: nino-model.md 4.
///
/// A task owns the targets it sums at, and all sums run in an order set by the graph; so results are bit-identical for any
/// number of threads. Memory: about four arrays of nodes × H, and a tile a thread.
public struct BlockForm: Sendable {
    public let network: GraphNetwork
    private let folded: FoldedNetwork

    /// Folds weights: some 30 million multiplications at H = 128, so make one and keep it.
    public init(_ network: GraphNetwork) {
        self.network = network
        folded = FoldedNetwork(network)
    }

    /// - Parameter horizon: k, in 1 … K.
    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: as the streaming form.
    public func nowcast(_ history: StateHistory, graph: NeuralGraph, nodes: NodeInput, horizon: Int) throws(NowcastError) -> Tensor {
        let output = Tensor(shape: [history.count])
        try nowcast(history, graph: graph, nodes: nodes, horizon: horizon, into: FlatSink(parameters: history.parameters, output: output))
        return output
    }

    /// The same from any source of states into any place for the result.
    ///
    /// - Throws: `horizon`, `slots`, `edgeType`, and the errors of `NodeInput`.
    public func nowcast(
        _ source: some StateSource, graph: NeuralGraph, nodes: NodeInput, horizon: Int, into sink: some NowcastSink
    ) throws(NowcastError) {
        precondition(source.parameters == graph.parameters, "history and graph list different parameters")
        try network.check(horizon: horizon, slots: graph.slotCount)
        try nodes.check(nodeCount: graph.nodeCount, network: network)
        if let type = (graph.edgeBlocks.map(\.type.rawValue) + [EdgeType.selfLoop.rawValue]).max(), type >= network.edgeTypes {
            throw .edgeType(expectedBelow: network.edgeTypes, found: type)
        }
        let run = BlockRun(folded, source: source, plan: TilePlan(graph))
        run.projectNodes(nodes)
        for layer in folded.updates.indices {
            run.passMessages(layer)
            run.prepareUpdate(layer)
        }
        run.readOut(horizon: horizon, into: sink)
    }
}

/// One nowcast under way: node states, and the terms that edges take from their ends.
final class BlockRun<Source: StateSource> {
    let network: FoldedNetwork
    let source: Source
    let scaling: StateScaling
    let plan: TilePlan
    let width: Int
    let nodeCount: Int
    let tasks = TaskRunner()

    /// x: [nodes, H].
    var nodes: Tensor
    /// What edges take from their source and target in each update: [nodes, H].
    var sourceTerms: [Tensor] = []
    var targetTerms: [Tensor] = []

    init(_ network: FoldedNetwork, source: Source, plan: TilePlan) {
        (self.network, self.source, self.plan) = (network, source, plan)
        scaling = StateScaling(source)
        width = network.width
        nodeCount = plan.nodeBlocks.last?.upperBound ?? 0
        nodes = Tensor(shape: [nodeCount, width])
    }

    /// x⁰, with the token's row where the network has one.
    func projectNodes(_ input: NodeInput) {
        let encoding = Tensor(shape: [nodeCount, network.nodeProjection.inputs], values: input.encoding)
        nodes = apply(network.nodeProjection, to: encoding)
        guard let table = network.network.wordEmbedding else { return }
        for (node, word) in input.words.enumerated() {
            for h in 0..<width { nodes.values[node * width + h] += table[word * width + h] }
        }
    }

    /// Terms of edge update `layer`, from the nodes as they are now.
    func prepareUpdate(_ layer: Int) {
        sourceTerms.append(apply(network.updates[layer].source, to: nodes))
        targetTerms.append(apply(network.updates[layer].target, to: nodes))
    }

    /// x W + b of every row.
    func apply(_ layer: FoldedNetwork.Layer, to x: Tensor) -> Tensor {
        let y = Tensor(shape: [x.shape[0], layer.outputs])
        Parallel.forEachRange(x.shape[0], tile: TilePlan.edgesPerTile) { rows in
            applyLayer(layer, x.address + rows.lowerBound * layer.inputs, rows: rows.count, into: y.address + rows.lowerBound * layer.outputs)
        }
        return y
    }
}

/// y = x W + b of some rows, on the calling thread.
func applyLayer(_ layer: FoldedNetwork.Layer, _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool = false) {
    if !accumulate {
        layer.bias.withUnsafeBufferPointer { bias in
            for row in 0..<rows { (y + row * layer.outputs).update(from: bias.baseAddress!, count: layer.outputs) }
        }
    }
    tileProduct(rows: rows, inner: layer.inputs, columns: layer.outputs, x, layer.weight, into: y, accumulate: true)
}
