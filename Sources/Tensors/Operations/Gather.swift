/// One position of an axis for each of the indices: y[i][j][k] = x[i][index[i][j][k]][k] for axis 1.
///
/// Inputs: x; indices of x's rank, whole numbers as float32, whose sizes but on the axis are x's, or 1 and repeat.
/// Output: x's shape with the indices' size on the axis. Attribute `axis` (integer). Indices have no gradient.
/// Throws when run: `indexOutOfRange`.
struct Gather: RegisteredOperation {
    static let name = "gather"
    static let attributeNames = ["axis"]

    private let axis: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axis = try attributes.integer("axis")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...2)
        var shape = inputs[0].shape
        let indices = inputs[1].shape
        try require(axis < shape.count, inputs, 0, "more than \(axis) axes")
        let fits =
            indices.count == shape.count
            && shape.indices.allSatisfy { $0 == axis || indices[$0] == 1 || indices[$0] == shape[$0] }
        try require(fits, inputs, 1, "\(shape) but for axis \(axis), or 1 for some sizes")
        shape[axis] = indices[axis]
        return shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let (x, indices) = (inputs[0].shape, inputs[1].shape)
        let named = flow.index(x[axis], .pinned("indices name its positions"))
        let axes = x.indices.map { $0 == axis ? flow.index(indices[axis]) : flow.index(x[$0]) }
        let places = axes.enumerated().map { at, index -> AxisFlow.Axis in
            at == axis || indices[at] == x[at] ? [[index]] : [[]]
        }
        return flow.make([axes.enumerated().map { $0 == axis ? [[named]] : [[$1]] }, places], axes.map { [[$0]] })
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (x, indices) = (inputs[0].floats, inputs[1].floats)
        for index in indices.values {
            _ = try wholeNumber(index, below: x.shape[axis], operation: Self.name)
        }
        forEachPlace(x, indices, output) { output.address[$1] = x.address[$0] }
    }

    /// Indices may repeat, so this runs on one thread.
    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        if let target = targets[0] {
            target.addNothing()
            forEachPlace(inputs[0].floats, inputs[1].floats, output) { target.address[$0] += gradient.address[$1] }
        }
        targets[1]?.addNothing()
    }

    private func forEachPlace(_ x: Tensor, _ indices: Tensor, _ output: Tensor, _ body: (_ x: Int, _ y: Int) -> Void) {
        let strides = rowMajorStrides(x.shape)
        let steps = zip(indices.shape, rowMajorStrides(indices.shape)).map { $0 == 1 ? 0 : $1 }
        for position in 0..<output.count {
            var (rest, place, index) = (position, 0, 0)
            for at in output.shape.indices.reversed() {
                let digit = rest % output.shape[at]
                rest /= output.shape[at]
                if at != axis { place += digit * strides[at] }
                index += digit * steps[at]
            }
            body(place + Int(indices.address[index]) * strides[axis], position)
        }
    }
}

/// A whole number in 0 ..< limit that stands as float32.
/// - Throws: `indexOutOfRange`.
func wholeNumber(_ value: Float, below limit: Int, operation: String) throws(TensorError) -> Int {
    guard value >= 0, value < Float(limit), value == value.rounded() else {
        let found = value.isFinite && abs(value) < 1e9 ? Int(value.rounded()) : -1
        throw .indexOutOfRange(operation: operation, expected: 0..<limit, found: found)
    }
    return Int(value)
}

/// Whole numbers of an input as float32.
///
/// Input: int64, any shape; magnitudes above 2^24 are rounded. Output: as it. No attributes.
struct ToFloat: RegisteredOperation {
    static let name = "toFloat"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireCount(inputs, 1...1)
        try require(.int64, inputs, 0)
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .elementwise(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        for (position, value) in inputs[0].integers.values.enumerated() { output.address[position] = Float(value) }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        targets[0]?.addNothing()
    }
}

/// Where the largest of an axis lies, the first of equals.
///
/// Input: x. Output: x's shape with 1 on the axis. Attribute `axis` (integer). No gradient.
struct ArgMax: RegisteredOperation {
    static let name = "argmax"
    static let attributeNames = ["axis"]

    private let axis: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axis = try attributes.integer("axis")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        var shape = inputs[0].shape
        try require(axis < shape.count, inputs, 0, "more than \(axis) axes")
        shape[axis] = 1
        return shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let axes = inputs[0].shape.enumerated().map {
            [[flow.index($1, $0 == axis ? .pinned("its positions are told by number") : .free)]]
        }
        return flow.make([axes], axes.enumerated().map { $0 == axis ? [[]] : $1 })
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let places = ReducedPlaces(x.shape, axes: [axis])
        for (index, start) in places.kept.enumerated() {
            var best = 0
            for (position, offset) in places.reduced.enumerated()
            where x.address[start + offset] > x.address[start + places.reduced[best]] { best = position }
            output.address[index] = Float(best)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        targets[0]?.addNothing()
    }
}
