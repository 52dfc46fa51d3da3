import CKernels

/// Mean over all spatial positions.
///
/// Input: x [n, channels, ...]. Output: [n, channels]. No attributes.
struct GlobalAveragePool: RegisteredOperation {
    static let name = "globalAveragePool"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        try require(inputs[0].shape.count >= 3, inputs, 0, "[n, channels, ...]")
        return Array(inputs[0].shape[..<2])
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let axes = flow.indices(inputs[0].shape)
        return flow.make([axes], Array(axes.prefix(2)))
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let positions = x.count / output.count
        Parallel.forEachRange(output.count, tile: rowTile(columns: positions)) { range in
            for index in range {
                output.address[index] = Float(
                    nino_sum(x.address + index * positions, Int64(positions)) / Double(positions))
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let positions = target.tensor.count / output.count
        Parallel.forEachRange(output.count, tile: rowTile(columns: positions)) { range in
            for index in range {
                let value = gradient.address[index] / Float(positions)
                let dx = target.address + index * positions
                if target.beta == 0 {
                    dx.update(repeating: value, count: positions)
                } else {
                    nino_add_scalar(value, dx, Int64(positions))
                }
            }
        }
    }
}
