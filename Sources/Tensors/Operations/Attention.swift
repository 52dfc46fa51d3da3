import CKernels

/// softmax(scale · Q Kᵀ + bias) V for each head, the queries of several heads sharing one head of keys and values
/// (Vaswani et al. 2017; grouped queries: Ainslie et al. 2023).
///
/// Inputs: q [B, T, heads · d], k [B, S, kvHeads · d], v [B, S, kvHeads · e], bias (optional), which repeats over
/// [B, heads, T, S]; query head h reads key head h div (heads / kvHeads). Output: [B, T, heads · e].
/// Attributes: `heads` (integer), `kvHeads` (integer, default `heads`), `causal` (0 or 1, default 0: position t sees
/// all positions; 1: the positions up to t), `window` (integer, default 0; with `causal`: the last so many of them),
/// `scale` (real, default 1 / √d).
///
/// The T × S weights are never stored: they are computed for some rows of one head at a time, and again in the
/// pullback.
struct Attention: RegisteredOperation {
    static let name = "attention"
    static let attributeNames = ["heads", "kvHeads", "causal", "window", "scale"]

    private let heads: Int
    private let kvHeads: Int
    private let isCausal: Bool
    private let window: Int
    private let givenScale: Double?

    init(_ attributes: OperationAttributes) throws(TensorError) {
        heads = try attributes.integer("heads", in: 1...Int(Int32.max))
        kvHeads = try attributes.integer("kvHeads", default: heads, in: 1...Int(Int32.max))
        guard heads.isMultiple(of: kvHeads) else {
            throw .attributeValue(
                operation: Self.name, name: "kvHeads", expected: "a divisor of heads \(heads)", found: "\(kvHeads)")
        }
        isCausal = try attributes.flag("causal", default: false)
        window = try attributes.integer("window", default: 0)
        guard window == 0 || isCausal else {
            throw .attributeValue(
                operation: Self.name, name: "window", expected: "0 without causal", found: "\(window)")
        }
        givenScale = attributes.values["scale"] == nil ? nil : try attributes.real("scale")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 3...4)
        let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
        try require(q.count == 3 && q[2].isMultiple(of: heads), inputs, 0, "[B, T, a multiple of \(heads)]")
        let width = q[2] / heads * kvHeads
        try require(
            k.count == 3 && k[0] == q[0] && k[2] == width, inputs, 1, "[\(q[0]), S, \(width)]")
        try require(
            v.count == 3 && v[0] == q[0] && v[1] == k[1] && v[2].isMultiple(of: kvHeads), inputs, 2,
            "[\(q[0]), \(k[1]), a multiple of \(kvHeads)]")
        if inputs.count == 4 {
            let scores = [q[0], heads, q[1], k[1]]
            let fits = Broadcasting([inputs[3].shape, scores])?.shape == scores
            try require(fits, inputs, 3, "a trailing part of \(scores), or 1 for some of its sizes")
        }
        return [q[0], q[1], v[2] / kvHeads * heads]
    }

    /// Queries by (key head, query head of it, width), keys and values by (key head, width): a key head moves with its
    /// query heads; those of one key head permute; query and key dimensions move together, alike for all query heads of
    /// a key head.
    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
        let position: AxisFlow.Role = isCausal ? .pinned("position t sees the positions up to t") : .free
        let batch = flow.index(q[0])
        let (query, key) = (flow.index(q[1], position), flow.index(k[1], position))
        let (kv, group) = (flow.index(kvHeads), flow.index(heads / kvHeads))
        let (dimension, value) = (flow.index(q[2] / heads), flow.index(v[2] / kvHeads))
        var axes: [[AxisFlow.Axis]] = [
            [[[batch]], [[query]], [[kv, group, dimension]]], [[[batch]], [[key]], [[kv, dimension]]],
            [[[batch]], [[key]], [[kv, value]]],
        ]
        if inputs.count == 4 {
            let scores: [(Int, AxisFlow.Axis)] = [
                (q[0], [[batch]]), (heads, [[kv, group]]), (q[1], [[query]]), (k[1], [[key]]),
            ]
            let bias = inputs[3].shape
            axes.append(zip(bias, scores.suffix(bias.count)).map { $0 == $1.0 ? $1.1 : [[]] })
        }
        return flow.make(axes, [[[batch]], [[query]], [[kv, group, value]]])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let size = AttentionSize(inputs, heads: heads, kvHeads: kvHeads)
        let scores = try context.transient(0, count: Parallel.threads * size.rowsAtOnce * size.keys)
        Parallel.forEachWithWorker(size.batch * heads * size.blocks) { index, worker in
            let block = block(index % size.blocks, size)
            let at = size.offsets(batch: index / size.blocks / heads, head: index / size.blocks % heads)
            let weights = scores + worker * size.rowsAtOnce * size.keys
            computeWeights(weights, block, at, inputs, size)
            gemm(
                m: block.rows.count, n: size.valueWidth, k: block.columns, weights, lda: block.columns,
                inputs[2].floats.address + at.value, ldb: size.valueStride,
                output.address + at.output + block.rows.lowerBound * size.outputStride, ldc: size.outputStride)
        }
    }

    /// Threads share the heads of keys, whose gradients collect those of all their query heads in one order. A bias may
    /// be shared by all heads, so one thread does it all where its gradient is wanted.
    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let size = AttentionSize(inputs, heads: heads, kvHeads: kvHeads)
        let tile = size.rowsAtOnce * size.keys
        let isShared = targets.count == 4 && targets[3] != nil
        let workers = isShared ? 1 : Parallel.threads
        let scratch = try context.transient(0, count: workers * 2 * tile)
        // Overwritten targets are cleared first: then everything below adds, also where two inputs are one value.
        for target in targets.compactMap({ $0 }) where target.beta == 0 { target.tensor.values.update(repeating: 0) }
        Parallel.forEachWithWorker(size.batch * kvHeads, workers: workers) { index, worker in
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
        let first = at.query + block.rows.lowerBound * size.queryStride
        let dy = gradient.address + at.output + block.rows.lowerBound * size.outputStride
        computeWeights(weights, block, at, inputs, size)
        if let target = targets[2] {
            gemm(
                transposeA: true, m: columns, n: size.valueWidth, k: rows, weights, lda: columns, dy,
                ldb: size.outputStride, beta: 1, target.address + at.value, ldc: size.valueStride)
        }
        guard targets.enumerated().contains(where: { $0 != 2 && $1 != nil }) else { return }
        gemm(
            transposeB: true, m: rows, n: columns, k: size.valueWidth, dy, lda: size.outputStride,
            inputs[2].floats.address + at.value, ldb: size.valueStride, slopes, ldc: columns)
        nino_softmax_pullback(weights, slopes, slopes, Int64(rows), Int64(columns), 0)
        let scale = scale(size)
        if let target = targets[0] {
            gemm(
                m: rows, n: width, k: columns, alpha: scale, slopes, lda: columns, inputs[1].floats.address + at.key,
                ldb: size.keyStride, beta: 1, target.address + first, ldc: size.queryStride)
        }
        if let target = targets[1] {
            gemm(
                transposeA: true, m: columns, n: width, k: rows, alpha: scale, slopes, lda: columns,
                inputs[0].floats.address + first, ldb: size.queryStride, beta: 1, target.address + at.key,
                ldc: size.keyStride)
        }
        guard targets.count == 4, let target = targets[3] else { return }
        for (row, position) in block.rows.enumerated() {
            for column in 0..<columns {
                target.address[at.bias + position * size.biasSteps[2] + column * size.biasSteps[3]] +=
                    slopes[row * columns + column]
            }
        }
    }

    /// Query rows that are worked on together, and how many positions they see at most.
    private struct Block {
        let rows: Range<Int>
        let columns: Int
    }

    private func block(_ index: Int, _ size: AttentionSize) -> Block {
        let rows = (index * size.rowsAtOnce)..<min(size.queries, (index + 1) * size.rowsAtOnce)
        return Block(rows: rows, columns: isCausal ? min(rows.upperBound, size.keys) : size.keys)
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
        if inputs.count == 4 {
            let bias = inputs[3].floats.address + at.bias
            for (row, position) in block.rows.enumerated() {
                for column in 0..<columns {
                    weights[row * columns + column] += bias[position * size.biasSteps[2] + column * size.biasSteps[3]]
                }
            }
        }
        guard isCausal else { return nino_softmax(weights, weights, Int64(block.rows.count), Int64(columns)) }
        for (row, position) in block.rows.enumerated() {
            let start = weights + row * columns
            let end = min(position + 1, columns)
            let first = window == 0 ? 0 : max(0, min(position + 1 - window, end - 1))
            start.update(repeating: 0, count: first)
            nino_softmax(start + first, start + first, 1, Int64(end - first))
            (start + end).update(repeating: 0, count: columns - end)
        }
    }
}

/// Sizes of one use of attention, and where its heads lie in memory.
private struct AttentionSize {
    let batch, queries, keys, width, valueWidth: Int
    /// Elements from one position to the next.
    let queryStride, keyStride, valueStride, outputStride: Int
    /// Elements from one index of batch, head, query and key to the next in the bias; 0 where it repeats.
    let biasSteps: [Int]
    private let queriesPerKey: Int

    init(_ inputs: [Value], heads: Int, kvHeads: Int) {
        let shapes = inputs.map(\.type.shape)
        (batch, queries, keys) = (shapes[0][0], shapes[0][1], shapes[1][1])
        (queryStride, keyStride, valueStride) = (shapes[0][2], shapes[1][2], shapes[2][2])
        width = queryStride / heads
        valueWidth = valueStride / kvHeads
        outputStride = valueWidth * heads
        queriesPerKey = heads / kvHeads
        let bias = shapes.count == 4 ? shapes[3] : []
        let steps = zip(bias, rowMajorStrides(bias)).map { $0 == 1 ? 0 : $1 }
        biasSteps = Array(repeating: 0, count: 4 - bias.count) + steps
    }

    /// Rows of a block: all of a short text, so that its products are not cut.
    var rowsAtOnce: Int { min(queries, 128) }
    var blocks: Int { (queries + rowsAtOnce - 1) / rowsAtOnce }

    /// First element of a query head and of its output, of the key and value head it reads, and of its bias.
    struct Offsets {
        let query, key, value, output, bias: Int
    }

    func offsets(batch: Int, head: Int) -> Offsets {
        let kvHead = head / queriesPerKey
        return Offsets(
            query: batch * queries * queryStride + head * width, key: batch * keys * keyStride + kvHead * width,
            value: batch * keys * valueStride + kvHead * valueWidth,
            output: batch * queries * outputStride + head * valueWidth,
            bias: batch * biasSteps[0] + head * biasSteps[1])
    }
}
