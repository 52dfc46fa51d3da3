/// Permutes the axes.
///
/// Input: x. Output: axis i is axis `axes[i]` of x. Attribute `axes` (integers): a permutation of 0 ..< rank.
struct Transpose: RegisteredOperation {
    static let name = "transpose"
    static let attributeNames = ["axes"]

    private let axes: [Int]

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axes = try attributes.integers("axes")
        guard axes.sorted() == Array(axes.indices) else {
            throw .attributeValue(
                operation: Self.name, name: "axes", expected: "a permutation of 0 ..< \(axes.count)", found: "\(axes)")
        }
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        try require(inputs[0].shape.count == axes.count, inputs, 0, "\(axes.count) axes")
        return axes.map { inputs[0].shape[$0] }
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let indices = flow.indices(inputs[0].shape)
        return flow.make([indices], axes.map { indices[$0] })
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let y = output.address
        walk(x.shape, output.shape) { positionInX, position, step, count in
            let source = x.address + positionInX
            for i in 0..<count { y[position + i] = source[i * step] }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let dy = gradient.address
        let isFirst = target.beta == 0
        walk(inputs[0].floats.shape, output.shape) { positionInX, position, step, count in
            let dx = target.address + positionInX
            if isFirst {
                for i in 0..<count { dx[i * step] = dy[position + i] }
            } else {
                for i in 0..<count { dx[i * step] += dy[position + i] }
            }
        }
    }

    /// Visits each row of the output: where it starts in x and in the output, and its step in x.
    private func walk(
        _ shape: [Int], _ outputShape: [Int],
        _ row: (_ positionInX: Int, _ position: Int, _ step: Int, _ count: Int) -> Void
    ) {
        guard let width = outputShape.last else { return row(0, 0, 1, 1) }
        let strides = rowMajorStrides(shape)
        let outer = axes.dropLast().map { (size: shape[$0], stride: strides[$0]) }
        let rows = outer.reduce(1) { $0 * $1.size }
        Parallel.forEachRange(rows, tile: rowTile(columns: width)) { range in
            for index in range {
                var rest = index
                var position = 0
                for axis in outer.reversed() {
                    position += rest % axis.size * axis.stride
                    rest /= axis.size
                }
                row(position, index * width, strides[axes.last!], width)
            }
        }
    }
}

/// Elements from one index of each axis to the next.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
}
