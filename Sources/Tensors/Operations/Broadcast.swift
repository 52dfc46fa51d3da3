/// x repeated along new leading axes and along axes of size 1.
///
/// Input: x. Output: `shape`. Attribute `shape` (integers).
struct Broadcast: RegisteredOperation {
    static let name = "broadcast"
    static let attributeNames = ["shape"]

    private let shape: [Int]

    init(_ attributes: OperationAttributes) throws(TensorError) {
        shape = try attributes.integers("shape")
        _ = try ValueType.checkedCount(shape, name: Self.name)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        let fits = Broadcasting([inputs[0].shape, shape])?.shape == shape
        try require(fits, inputs, 0, "a trailing part of \(shape), or 1 for some of its sizes")
        return shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        let flow = AxisFlow.broadcast([inputs[0], ValueType(.float32, shape)])
        return AxisFlow(indices: flow.indices, inputs: [flow.inputs[0]], output: flow.output)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        guard let rows = Broadcasting([x.shape, shape]) else { return }
        let (width, step) = (rows.width, rows.steps.0)
        rows.forEachRow { start, at in
            for i in 0..<width { output.address[start + i] = x.address[at.0 + i * step] }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        Broadcasting([inputs[0].floats.shape, shape])?.collect(gradient.address, of: 0, into: target)
    }
}

/// Positions of one value before and behind those of an axis.
///
/// Input: x. Output: `before` + size + `behind` positions on the axis.
/// Attributes `axis`, `before` (0), `behind` (0) (integers), `value` (real, default 0).
struct Pad: RegisteredOperation {
    static let name = "pad"
    static let attributeNames = ["axis", "before", "behind", "value"]

    private let axis, before, behind: Int
    private let value: Float

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axis = try attributes.integer("axis")
        before = try attributes.integer("before", default: 0)
        behind = try attributes.integer("behind", default: 0)
        value = Float(try attributes.real("value", default: 0))
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        var shape = inputs[0].shape
        try require(axis < shape.count, inputs, 0, "more than \(axis) axes")
        shape[axis] += before + behind
        return shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let indices = flow.indices(inputs[0].shape)
        let segments = [
            before > 0 ? [[flow.index(before)]] : [], [[indices[axis]]], behind > 0 ? [[flow.index(behind)]] : [],
        ]
        let axes: [AxisFlow.Axis] = indices.map { [[$0]] }
        return flow.make([axes], axes.enumerated().map { $0 == axis ? segments.flatMap { $0 } : $1 })
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        output.values.update(repeating: value)
        forEachBlock(x.shape) { inX, inOutput, count in
            (output.address + inOutput).update(from: x.address + inX, count: count)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        forEachBlock(inputs[0].floats.shape) { inX, inOutput, count in
            for i in 0..<count { target.add(gradient.address[inOutput + i], at: inX + i) }
        }
    }

    private func forEachBlock(_ shape: [Int], _ body: (_ inX: Int, _ inOutput: Int, _ count: Int) -> Void) {
        let inner = shape[(axis + 1)...].reduce(1, *)
        let (block, whole) = (shape[axis] * inner, (shape[axis] + before + behind) * inner)
        for index in 0..<shape[..<axis].reduce(1, *) { body(index * block, index * whole + before * inner, block) }
    }
}
