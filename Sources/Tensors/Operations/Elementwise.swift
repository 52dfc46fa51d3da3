import CKernels

/// Elements one thread takes at a time: enough to outweigh the hand-over, few enough to stay in its cache.
private let elementTile = 1 << 15

/// Calls a kernel on each tile of `0 ..< count` with the tile's offset and length.
func elementwise(_ count: Int, _ kernel: (_ offset: Int, _ length: Int64) -> Void) {
    Parallel.forEachRange(count, tile: elementTile) { kernel($0.lowerBound, Int64($0.count)) }
}

/// Rows of `columns` elements that one thread takes at a time.
func rowTile(columns: Int) -> Int {
    max(1, elementTile / max(1, columns))
}

/// out := accumulate · out + sums over the rows of x [rows, columns].
func columnSums(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, into out: UnsafeMutablePointer<Float>, accumulate: Int32
) {
    let tile = max(64, (columns + 15) / 16)
    Parallel.forEachRange(columns, tile: tile) { range in
        nino_column_sums(
            x + range.lowerBound, Int64(rows), Int64(range.count), Int64(columns),
            out + range.lowerBound, accumulate)
    }
}

/// target := beta · target + sums over the rows of x [rows, columns].
func columnSums(_ x: UnsafePointer<Float>, rows: Int, columns: Int, into target: GradientTarget) {
    columnSums(x, rows: rows, columns: columns, into: target.address, accumulate: target.accumulate)
}

/// a + b; either repeats over the other (NumPy's broadcasting).
///
/// Inputs: a, b. Output: the larger shape. No attributes.
struct Add: RegisteredOperation {
    static let name = "add"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try broadcastShape(inputs, count: 2)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .broadcast(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (a, b, y) = (inputs[0].floats, inputs[1].floats, output.address)
        guard isTrailing(b, of: a) else {
            return forEachPair(a, b) { y[$0] = a.address[$1] + b.address[$2] }
        }
        forEachRepeat(of: b.count, in: a.count) { offset, offsetInB, length in
            nino_add(a.address + offset, b.address + offsetInB, y + offset, length)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let rows = Broadcasting(inputs.map(\.floats.shape)) else { return }
        for (number, target) in targets.enumerated() {
            if let target { rows.collect(gradient.address, of: number, into: target) }
        }
    }
}

/// a · b element by element; either repeats over the other (NumPy's broadcasting).
///
/// Inputs: a, b. Output: the larger shape. No attributes.
struct Multiply: RegisteredOperation {
    static let name = "mul"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try broadcastShape(inputs, count: 2)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .broadcast(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (a, b, y) = (inputs[0].floats, inputs[1].floats, output.address)
        guard isTrailing(b, of: a) else {
            return forEachPair(a, b) { y[$0] = a.address[$1] * b.address[$2] }
        }
        forEachRepeat(of: b.count, in: a.count) { offset, offsetInB, length in
            nino_multiply(a.address + offset, b.address + offsetInB, y + offset, length, 0)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let (a, b, dy) = (inputs[0].floats, inputs[1].floats, gradient.address)
        guard isTrailing(b, of: a) else { return try pullbackPairs(gradient, a, b, into: targets, context) }
        if let target = targets[0] {
            forEachRepeat(of: b.count, in: a.count) { offset, offsetInB, length in
                nino_multiply(dy + offset, b.address + offsetInB, target.address + offset, length, target.accumulate)
            }
        }
        guard let target = targets[1] else { return }
        if a.count == b.count {
            elementwise(a.count) { nino_multiply(dy + $0, a.address + $0, target.address + $0, $1, target.accumulate) }
        } else {
            let product = try context.transient(0, count: a.count)
            elementwise(a.count) { nino_multiply(dy + $0, a.address + $0, product + $0, $1, 0) }
            columnSums(product, rows: a.count / b.count, columns: b.count, into: target)
        }
    }

    private func pullbackPairs(
        _ gradient: Tensor, _ a: Tensor, _ b: Tensor, into targets: [GradientTarget?], _ context: OperationContext
    ) throws(TensorError) {
        guard let rows = Broadcasting([a.shape, b.shape]) else { return }
        let share = try context.transient(0, count: gradient.count)
        for (number, target) in targets.enumerated() {
            guard let target else { continue }
            forEachPair(a, b) { share[$0] = gradient.address[$0] * (number == 0 ? b.address[$2] : a.address[$1]) }
            rows.collect(share, of: number, into: target)
        }
    }
}

/// factor · x.
///
/// Input: x, any shape. Output: as x. Attribute `factor` (real).
struct Scale: RegisteredOperation {
    static let name = "scale"
    static let attributeNames = ["factor"]

    private let factor: Float

    init(_ attributes: OperationAttributes) throws(TensorError) {
        factor = Float(try attributes.real("factor"))
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .elementwise(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats.address
        elementwise(output.count) { nino_scale(factor, x + $0, output.address + $0, $1, 0) }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        addScaled(factor, gradient.address, to: target, count: output.count)
    }
}

extension Operation {
    /// True if b repeats along leading axes of a alone.
    fileprivate func isTrailing(_ b: Tensor, of a: Tensor) -> Bool {
        b.shape.count <= a.shape.count && Array(a.shape.suffix(b.shape.count)) == b.shape
    }

    /// Visits each element of the result: its place there, in a and in b.
    fileprivate func forEachPair(_ a: Tensor, _ b: Tensor, _ body: (Int, _ inA: Int, _ inB: Int) -> Void) {
        guard let rows = Broadcasting([a.shape, b.shape]) else { return }
        let (width, steps) = (rows.width, rows.steps)
        rows.forEachRow { start, at in
            for i in 0..<width { body(start + i, at.0 + i * steps.0, at.1 + i * steps.1) }
        }
    }

    /// Tiles over the `count / period` copies of a vector of `period` elements, with the offset in both.
    fileprivate func forEachRepeat(
        of period: Int, in count: Int, _ kernel: (_ offset: Int, _ offsetInPeriod: Int, _ length: Int64) -> Void
    ) {
        guard period < count else { return elementwise(count) { kernel($0, $0, $1) } }
        Parallel.forEachRange(count / period, tile: rowTile(columns: period)) { rows in
            for row in rows { kernel(row * period, 0, Int64(period)) }
        }
    }
}

/// target := beta · target + factor · x.
func addScaled(_ factor: Float, _ x: UnsafePointer<Float>, to target: GradientTarget, count: Int) {
    elementwise(count) { nino_scale(factor, x + $0, target.address + $0, $1, target.accumulate) }
}
