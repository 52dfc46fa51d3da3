import CKernels

/// e^x / Σ e^x over the last axis.
///
/// Input: x [..., n]. Output: as x. No attributes.
struct Softmax: RegisteredOperation {
    static let name = "softmax"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        try require(!inputs[0].shape.isEmpty, inputs, 0, "[..., n]")
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .normalized(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (x, n) = (inputs[0].floats.address, output.shape.last!)
        Parallel.forEachRange(output.count / n, tile: rowTile(columns: n)) { rows in
            let first = rows.lowerBound * n
            nino_softmax(x + first, output.address + first, Int64(rows.count), Int64(n))
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let n = output.shape.last!
        Parallel.forEachRange(output.count / n, tile: rowTile(columns: n)) { rows in
            let first = rows.lowerBound * n
            nino_softmax_pullback(
                output.address + first, gradient.address + first, target.address + first,
                Int64(rows.count), Int64(n), target.accumulate)
        }
    }
}
