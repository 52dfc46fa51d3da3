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
    /// Which part of the work is this rank's.
    let share: RankPlan

    /// x: [nodes, H].
    var nodes: Tensor
    /// What edges take from their source and target in each update: [nodes, H].
    var sourceTerms: [Tensor] = []
    var targetTerms: [Tensor] = []

    init(
        _ weights: StreamedWeights, source: Source, plan: TilePlan, options: NowcastOptions
    ) throws {
        (self.weights, self.source, self.plan, self.options) = (weights, source, plan, options)
        scaling = try StateScaling(source, ranks: options.ranks)
        width = weights.width
        nodeCount = plan.nodeCount
        nodes = Tensor(shape: [1, width])
        share = RankPlan(plan, size: options.ranks.size) { options.journal?.measures(ofPart: $0) != nil }
    }

    var layout: NetworkLayout { weights.layout }
    var rank: Int { options.ranks.rank }
    /// Nodes whose rows this rank's tasks look at, in whole tiles: how a product of matrices rounds a row depends on
    /// its place in a tile. The rows of other nodes stay zero and take no memory.
    var rows: [Range<Int>] {
        let tile = EdgeTile.largest
        return NodeRanges(
            share.needed[rank].ranges.map {
                ($0.lowerBound / tile * tile)..<min(nodeCount, ($0.upperBound + tile - 1) / tile * tile)
            }
        ).ranges
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
        for layer in layout.updates.indices {
            try passMessages(layer)
            visit(nodes)
            prepareUpdate(layer)
        }
    }

    /// x⁰, with the token's row where the network has one.
    func projectNodes(_ input: NodeInput) {
        nodes = input.encoding.withUnsafeBufferPointer {
            apply(
                layout.nodeProjection.weight, bias: weights.folded[layout.nodeProjection.bias], to: $0.baseAddress!)
        }
        guard let table = weights.wordEmbedding else { return }
        for node in rows.joined() {
            let word = input.words[node]
            for h in 0..<width { nodes.values[node * width + h] += table[word * width + h] }
        }
    }

    /// Terms of edge update `layer`, from the nodes as they are now.
    func prepareUpdate(_ layer: Int) {
        let update = layout.updates[layer]
        let x = nodes.address
        sourceTerms.append(apply(update.source.weight, bias: weights.folded[update.source.bias], to: x))
        targetTerms.append(apply(update.target.weight, bias: weights.targetBiases[layer], to: x))
        // Nobody looks at the nodes after the last update.
        if layer == layout.updates.count - 1 { nodes = Tensor(shape: [1, width]) }
    }

    /// Takes up the terms that an interrupted run saved.
    ///
    /// - Returns: false if there are none, or not on every rank.
    func restoreTerms() throws -> Bool {
        let terms = (0..<(2 * layout.updates.count)).map { _ in Tensor.sparse(shape: [nodeCount, width]) }
        let isRestored = options.journal?.restore(into: terms, rows: rows) ?? false
        guard try options.ranks.all(isRestored) else { return false }
        (sourceTerms, targetTerms) = (Array(terms[..<layout.updates.count]), Array(terms[layout.updates.count...]))
        return true
    }

    func saveTerms() { options.journal?.save(sourceTerms + targetTerms, rows: share.owned[rank]) }

    /// x W + b of every row that this rank needs.
    ///
    /// - Parameter x: [nodes, inputs of the weight].
    private func apply(_ weight: WeightView, bias: UnsafePointer<Float>, to x: UnsafePointer<Float>) -> Tensor {
        let y = Tensor.sparse(shape: [nodeCount, weight.outputs])
        for needed in rows {
            Parallel.forEachRange(needed.count, tile: EdgeTile.largest) { piece in
                let first = needed.lowerBound + piece.lowerBound
                weight.apply(
                    weights.folded.values.address, bias: bias, x + first * weight.inputs, rows: piece.count,
                    into: y.address + first * weight.outputs)
            }
        }
        return y
    }
}
