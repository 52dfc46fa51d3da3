import CKernels

/// softmax(scale · Q Kᵀ) V for each head, the queries of several heads sharing one head of keys and values (Vaswani et
/// al. 2017;
/// grouped queries: Ainslie et al. 2023).
///
/// Inputs: q [B, T, heads · d], k and v [B, T, kvHeads · d]; query head h reads key head h div (heads / kvHeads).
/// Output: as q.
/// Attributes: `heads` (integer), `kvHeads` (integer, default `heads`), `causal` (0 or 1, default 0: position t sees
/// all positions;
/// 1: the positions up to t), `scale` (real, default 1 / √d).
///
/// The T × T weights are never stored: they are computed for some rows of one head at a time, and again in the
/// pullback.
struct Attention: RegisteredOperation {
    static let name = "attention"
    static let attributeNames = ["heads", "kvHeads", "causal", "scale"]

    private let heads: Int
    private let kvHeads: Int
    private let isCausal: Bool
    private let givenScale: Double?

    init(_ attributes: OperationAttributes) throws(TensorError) {
        heads = try attributes.integer("heads", in: 1...Int(Int32.max))
        kvHeads = try attributes.integer("kvHeads", default: heads, in: 1...Int(Int32.max))
        guard heads.isMultiple(of: kvHeads) else {
            throw .attributeValue(
                operation: Self.name, name: "kvHeads", expected: "a divisor of heads \(heads)", found: "\(kvHeads)")
        }
        isCausal = try attributes.flag("causal", default: false)
        givenScale = attributes.values["scale"] == nil ? nil : try attributes.real("scale")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 3...3)
        let q = inputs[0].shape
        try require(q.count == 3 && q[2].isMultiple(of: heads), inputs, 0, "[B, T, a multiple of \(heads)]")
        let expected = [q[0], q[1], q[2] / heads * kvHeads]
        for index in 1...2 { try require(inputs[index].shape == expected, inputs, index, "\(expected)") }
        return q
    }

    /// Queries by (key head, query head of it, width), keys and values by (key head, width): a key head moves with its
    /// query
    /// heads; those of one key head permute; query and key dimensions move together, alike for all query heads of a key
    /// head.
    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let shape = inputs[0].shape
        let position: AxisFlow.Role = isCausal ? .pinned("position t sees the positions up to t") : .free
        let batch = flow.index(shape[0])
        let (query, key) = (flow.index(shape[1], position), flow.index(shape[1], position))
        let (kv, group) = (flow.index(kvHeads), flow.index(heads / kvHeads))
        let (dimension, value) = (flow.index(shape[2] / heads), flow.index(shape[2] / heads))
        return flow.make(
            [
                [[[batch]], [[query]], [[kv, group, dimension]]], [[[batch]], [[key]], [[kv, dimension]]],
                [[[batch]], [[key]], [[kv, value]]],
            ], [[[batch]], [[query]], [[kv, group, value]]])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let size = AttentionSize(output.shape, heads: heads, kvHeads: kvHeads)
        let scores = try context.transient(0, count: Parallel.threads * size.rowsAtOnce * size.positions)
        Parallel.forEachWithWorker(size.batch * heads * size.blocks) { index, worker in
            let block = block(index % size.blocks, size)
            let at = size.offsets(batch: index / size.blocks / heads, head: index / size.blocks % heads)
            let weights = scores + worker * size.rowsAtOnce * size.positions
            computeWeights(weights, block, at, inputs, size)
            gemm(
                m: block.rows.count, n: size.width, k: block.columns, weights, lda: block.columns,
                inputs[2].floats.address + at.key, ldb: size.keyStride,
                output.address + at.query + block.rows.lowerBound * size.queryStride, ldc: size.queryStride)
        }
    }

    /// Threads share the heads of keys, whose gradients collect those of all their query heads in one order.
    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let size = AttentionSize(output.shape, heads: heads, kvHeads: kvHeads)
        let tile = size.rowsAtOnce * size.positions
        let scratch = try context.transient(0, count: Parallel.threads * 2 * tile)
        // Overwritten targets are cleared first: then everything below adds, also where two inputs are one value.
        for target in targets.compactMap({ $0 }) where target.beta == 0 { target.tensor.values.update(repeating: 0) }
        Parallel.forEachWithWorker(size.batch * kvHeads) { index, worker in
            let weights = scratch + worker * 2 * tile
            let groupSize = heads / kvHeads
            for head in (index % kvHeads * groupSize)..<((index % kvHeads + 1) * groupSize) {
                let at = size.offsets(batch: index / kvHeads, head: head)
                for number in 0..<size.blocks {
                    pullback(
                        block(number, size), at, gradient, inputs, targets, weights: weights, slopes: weights + tile,
                        size)
                }
            }
        }
    }

    /// One block of query rows of one head.
    private func pullback(
        _ block: Block, _ at: AttentionSize.Offsets, _ gradient: Tensor, _ inputs: [Value],
        _ targets: [GradientTarget?],
        weights: UnsafeMutablePointer<Float>, slopes: UnsafeMutablePointer<Float>, _ size: AttentionSize
    ) {
        let (rows, columns, width) = (block.rows.count, block.columns, size.width)
        let (queryStride, keyStride) = (size.queryStride, size.keyStride)
        let first = at.query + block.rows.lowerBound * queryStride
        let dy = gradient.address + first
        computeWeights(weights, block, at, inputs, size)
        if let target = targets[2] {
            gemm(
                transposeA: true, m: columns, n: width, k: rows, weights, lda: columns, dy, ldb: queryStride, beta: 1,
                target.address + at.key, ldc: keyStride)
        }
        guard targets[0] != nil || targets[1] != nil else { return }
        gemm(
            transposeB: true, m: rows, n: columns, k: width, dy, lda: queryStride, inputs[2].floats.address + at.key,
            ldb: keyStride, slopes, ldc: columns)
        nino_softmax_pullback(weights, slopes, slopes, Int64(rows), Int64(columns), 0)
        let scale = scale(size)
        if let target = targets[0] {
            gemm(
                m: rows, n: width, k: columns, alpha: scale, slopes, lda: columns, inputs[1].floats.address + at.key,
                ldb: keyStride,
                beta: 1, target.address + first, ldc: queryStride)
        }
        if let target = targets[1] {
            gemm(
                transposeA: true, m: columns, n: width, k: rows, alpha: scale, slopes, lda: columns,
                inputs[0].floats.address + first,
                ldb: queryStride, beta: 1, target.address + at.key, ldc: keyStride)
        }
    }

    /// Query rows that are worked on together, and how many positions they see at most.
    private struct Block {
        let rows: Range<Int>
        let columns: Int
    }

    private func block(_ index: Int, _ size: AttentionSize) -> Block {
        let rows = (index * size.rowsAtOnce)..<min(size.positions, (index + 1) * size.rowsAtOnce)
        return Block(rows: rows, columns: isCausal ? rows.upperBound : size.positions)
    }

    private func scale(_ size: AttentionSize) -> Float {
        Float(givenScale ?? 1 / Double(size.width).squareRoot())
    }

    /// The attention weights of a block, [rows, columns]; 0 where a position is not seen.
    private func computeWeights(
        _ weights: UnsafeMutablePointer<Float>, _ block: Block, _ at: AttentionSize.Offsets, _ inputs: [Value],
        _ size: AttentionSize
    ) {
        let columns = block.columns
        gemm(
            transposeB: true, m: block.rows.count, n: columns, k: size.width, alpha: scale(size),
            inputs[0].floats.address + at.query + block.rows.lowerBound * size.queryStride, lda: size.queryStride,
            inputs[1].floats.address + at.key, ldb: size.keyStride, weights, ldc: columns)
        guard isCausal else { return nino_softmax(weights, weights, Int64(block.rows.count), Int64(columns)) }
        for (row, position) in block.rows.enumerated() {
            let seen = position + 1
            nino_softmax(weights + row * columns, weights + row * columns, 1, Int64(seen))
            (weights + row * columns + seen).update(repeating: 0, count: columns - seen)
        }
    }
}

/// Sizes of one use of attention, and where its heads lie in memory.
private struct AttentionSize {
    let batch, positions, width, queryStride, keyStride: Int
    private let queriesPerKey: Int

    init(_ shape: [Int], heads: Int, kvHeads: Int) {
        (batch, positions, queryStride) = (shape[0], shape[1], shape[2])
        width = shape[2] / heads
        keyStride = width * kvHeads
        queriesPerKey = heads / kvHeads
    }

    /// Rows of a block: all of a short text, so that its products are not cut.
    var rowsAtOnce: Int { min(positions, 128) }
    var blocks: Int { (positions + rowsAtOnce - 1) / rowsAtOnce }

    /// First element of a query head, and of the key and value head it reads.
    struct Offsets {
        let query, key: Int
    }

    func offsets(batch: Int, head: Int) -> Offsets {
        Offsets(
            query: batch * positions * queryStride + head * width,
            key: batch * positions * keyStride + head / queriesPerKey * width)
    }
}
