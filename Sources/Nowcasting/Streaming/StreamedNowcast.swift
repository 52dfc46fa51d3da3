import NeuralGraphs
import Tensors

/// One nowcast under way: node states, and the terms that edges take from their ends.
final class StreamedNowcast<Source: StateSource> {
    let network: FoldedNetwork
    let matrices: TileMatrices
    let source: Source
    let scaling: StateScaling
    let plan: TilePlan
    let options: NowcastOptions
    let width: Int
    let nodeCount: Int
    let tasks = TaskRunner()

    /// x: [nodes, H].
    var nodes: Tensor
    /// What edges take from their source and target in each update: [nodes, H].
    var sourceTerms: [Tensor] = []
    var targetTerms: [Tensor] = []

    init(
        _ network: FoldedNetwork, _ matrices: TileMatrices, source: Source, plan: TilePlan, options: NowcastOptions
    ) throws {
        (self.network, self.matrices, self.source, self.plan, self.options) = (
            network, matrices, source, plan, options
        )
        scaling = try StateScaling(source)
        width = network.width
        nodeCount = plan.nodeBlocks.last?.upperBound ?? 0
        nodes = Tensor(shape: [1, width])
    }

    /// - Throws: `stopped` if the observer wants no more.
    func checkStopped() throws(NowcastError) {
        if options.observer?.isStopped == true { throw .stopped }
    }

    /// Runs the tasks of a pass, and tells the observer; none begins after an error.
    func forEachTask<Task: EdgeTask>(_ list: [Task], pass: NowcastPass, _ body: (Task, TileScratch) throws -> Void)
        throws
    {
        options.observer?.began(pass, edges: list.reduce(0) { $0 + $1.edges })
        try tasks.forEach(list) { task, scratch in
            try checkStopped()
            try body(task, scratch)
            options.observer?.finished(edges: task.edges, of: pass)
        }
    }

    /// All rounds of message passing, and the terms that the read-out starts from.
    ///
    /// - Parameter visit: is shown the states of all nodes before the first and after each round.
    func passMessages(_ input: NodeInput, visit: (Tensor) -> Void = { _ in }) throws {
        projectNodes(input)
        visit(nodes)
        for layer in network.updates.indices {
            try passMessages(layer)
            visit(nodes)
            prepareUpdate(layer)
        }
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
        // Nobody looks at the nodes after the last update.
        if layer == network.updates.count - 1 { nodes = Tensor(shape: [1, width]) }
    }

    /// Takes up the terms that an interrupted run saved.
    ///
    /// - Returns: false if there are none.
    func restoreTerms() -> Bool {
        guard let terms = options.journal?.restore(count: 2 * network.updates.count, shape: [nodeCount, width]) else {
            return false
        }
        (sourceTerms, targetTerms) = (Array(terms[..<network.updates.count]), Array(terms[network.updates.count...]))
        return true
    }

    func saveTerms() { options.journal?.save(sourceTerms + targetTerms) }

    /// x W + b of every row.
    func apply(_ layer: FoldedNetwork.Layer, to x: Tensor) -> Tensor {
        let y = Tensor(shape: [x.shape[0], layer.outputs])
        Parallel.forEachRange(x.shape[0], tile: EdgeTile.largest) { rows in
            applyLayer(
                layer, x.address + rows.lowerBound * layer.inputs, rows: rows.count,
                into: y.address + rows.lowerBound * layer.outputs)
        }
        return y
    }
}

/// y = x W + b of some rows, on the calling thread.
func applyLayer(
    _ layer: FoldedNetwork.Layer, _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    accumulate: Bool = false
) {
    if !accumulate {
        layer.bias.withUnsafeBufferPointer { bias in
            for row in 0..<rows { (y + row * layer.outputs).update(from: bias.baseAddress!, count: layer.outputs) }
        }
    }
    tileProduct(rows: rows, inner: layer.inputs, columns: layer.outputs, x, layer.weight, into: y, accumulate: true)
}
