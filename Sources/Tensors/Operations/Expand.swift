/// x again and again along a new first axis.
///
/// Input: x [...]. Output: [count, ...]. Attribute `count` (integer).
struct Expand: RegisteredOperation {
    static let name = "expand"
    static let attributeNames = ["count"]

    private let count: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        count = try attributes.integer("count", in: 1...Int(Int32.max))
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        return [count] + inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let (copies, axes) = (flow.index(count), flow.indices(inputs[0].shape))
        return flow.make([axes], [copies] + axes)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        Parallel.forEachRange(count, tile: rowTile(columns: x.count)) { range in
            for index in range { (output.address + index * x.count).update(from: x.address, count: x.count) }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        columnSums(
            gradient.address, rows: count, columns: target.tensor.count, into: target.address,
            accumulate: target.accumulate)
    }
}
