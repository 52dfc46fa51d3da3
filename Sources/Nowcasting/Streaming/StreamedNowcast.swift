import NeuralGraphs
import Tensors

/// One nowcast under way: node states, and the terms that edges take from their ends.
final class StreamedNowcast<Source: StateSource> {
    let weights: StreamedWeights
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
        _ weights: StreamedWeights, source: Source, plan: TilePlan, options: NowcastOptions
    ) throws {
        (self.weights, self.source, self.plan, self.options) = (weights, source, plan, options)
        scaling = try StateScaling(source)
        width = weights.width
        nodeCount = plan.nodeBlocks.last?.upperBound ?? 0
        nodes = Tensor(shape: [1, width])
    }

    var layout: NetworkLayout { weights.layout }

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
        for layer in layout.updates.indices {
            try passMessages(layer)
            visit(nodes)
            prepareUpdate(layer)
        }
    }

    /// x⁰, with the token's row where the network has one.
    func projectNodes(_ input: NodeInput) {
        let encoding = Tensor(shape: [nodeCount, layout.nodeProjection.weight.inputs], values: input.encoding)
        nodes = apply(layout.nodeProjection.weight, bias: weights.folded[layout.nodeProjection.bias], to: encoding)
        guard let table = weights.wordEmbedding else { return }
        for (node, word) in input.words.enumerated() {
            for h in 0..<width { nodes.values[node * width + h] += table[word * width + h] }
        }
    }

    /// Terms of edge update `layer`, from the nodes as they are now.
    func prepareUpdate(_ layer: Int) {
        let update = layout.updates[layer]
        sourceTerms.append(apply(update.source.weight, bias: weights.folded[update.source.bias], to: nodes))
        targetTerms.append(apply(update.target.weight, bias: weights.targetBiases[layer], to: nodes))
        // Nobody looks at the nodes after the last update.
        if layer == layout.updates.count - 1 { nodes = Tensor(shape: [1, width]) }
    }

    /// Takes up the terms that an interrupted run saved.
    ///
    /// - Returns: false if there are none.
    func restoreTerms() -> Bool {
        guard let terms = options.journal?.restore(count: 2 * layout.updates.count, shape: [nodeCount, width]) else {
            return false
        }
        (sourceTerms, targetTerms) = (Array(terms[..<layout.updates.count]), Array(terms[layout.updates.count...]))
        return true
    }

    func saveTerms() { options.journal?.save(sourceTerms + targetTerms) }

    /// x W + b of every row.
    func apply(_ weight: WeightView, bias: UnsafePointer<Float>, to x: Tensor) -> Tensor {
        let y = Tensor(shape: [x.shape[0], weight.outputs])
        Parallel.forEachRange(x.shape[0], tile: EdgeTile.largest) { rows in
            weight.apply(
                weights.folded.values.address, bias: bias, x.address + rows.lowerBound * weight.inputs,
                rows: rows.count, into: y.address + rows.lowerBound * weight.outputs)
        }
        return y
    }
}
