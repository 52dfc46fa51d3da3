/// The positions `start ..< end` of one axis.
///
/// Input: x. Output: as x, with `end - start` positions on the axis. Attributes `axis`, `start`, `end` (integer).
struct Slice: RegisteredOperation {
    static let name = "slice"
    static let attributeNames = ["axis", "start", "end"]

    private let axis: Int
    private let start: Int
    private let end: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axis = try attributes.integer("axis")
        start = try attributes.integer("start")
        end = try attributes.integer("end")
        guard start < end else {
            throw .attributeValue(operation: Self.name, name: "end", expected: "above start \(start)", found: "\(end)")
        }
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        var shape = inputs[0].shape
        try require(axis < shape.count && end <= shape[axis], inputs, 0, "at least \(end) positions on axis \(axis)")
        shape[axis] = end - start
        return shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let shape = inputs[0].shape
        let (before, behind) = (
            flow.indices(shape[..<axis]).map { [[$0]] }, flow.indices(shape[(axis + 1)...]).map { [[$0]] }
        )
        let parts = flow.indices([start, end - start, shape[axis] - end].filter { $0 > 0 }).map { [$0] }
        let kept = parts[start > 0 ? 1 : 0]
        return flow.make([before + [parts] + behind], before + [[kept]] + behind)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        forEachBlock(x.shape, axis: axis, start: start, end: end) { inX, inBlock, count in
            (output.address + inBlock).update(from: x.address + inX, count: count)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        if target.beta == 0 { target.tensor.values.update(repeating: 0) }
        forEachBlock(inputs[0].floats.shape, axis: axis, start: start, end: end) { inX, inBlock, count in
            for i in 0..<count { target.address[inX + i] += gradient.address[inBlock + i] }
        }
    }
}

/// Inputs one behind the other along one axis.
///
/// Inputs: one or more, of equal shape but for the axis. Output: their sizes on the axis added. Attribute `axis`
/// (integer).
struct Concat: RegisteredOperation {
    static let name = "concat"
    static let attributeNames = ["axis"]

    private let axis: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axis = try attributes.integer("axis")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...Int.max)
        var shape = inputs[0].shape
        try require(axis < shape.count, inputs, 0, "more than \(axis) axes")
        for index in inputs.indices.dropFirst() {
            var other = inputs[index].shape
            let size = other.count == shape.count ? other[axis] : 0
            if other.count == shape.count { other[axis] = shape[axis] }
            try require(other == shape, inputs, index, "\(inputs[0].shape) but for axis \(axis)")
            let (sum, overflow) = shape[axis].addingReportingOverflow(size)
            guard !overflow else {
                throw .tooLarge(name: name, limit: ValueType.largestCount, found: inputs[index].shape)
            }
            shape[axis] = sum
        }
        return shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let shape = inputs[0].shape
        let (before, behind) = (
            flow.indices(shape[..<axis]).map { [[$0]] }, flow.indices(shape[(axis + 1)...]).map { [[$0]] }
        )
        let parts = flow.indices(inputs.map { $0.shape[axis] }).map { [$0] }
        return flow.make(parts.map { before + [[$0]] + behind }, before + [parts] + behind)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        var start = 0
        for input in inputs {
            let x = input.floats
            forEachBlock(output.shape, axis: axis, start: start, end: start + x.shape[axis]) { inOutput, inX, count in
                (output.address + inOutput).update(from: x.address + inX, count: count)
            }
            start += x.shape[axis]
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        var start = 0
        for (input, target) in zip(inputs, targets) {
            let end = start + input.floats.shape[axis]
            if let target {
                forEachBlock(output.shape, axis: axis, start: start, end: end) { inOutput, inX, count in
                    let (dx, dy) = (target.address + inX, gradient.address + inOutput)
                    for i in 0..<count { dx[i] = (target.beta == 0 ? 0 : dx[i]) + dy[i] }
                }
            }
            start = end
        }
    }
}

/// Visits the contiguous runs of positions `start ..< end` of an axis: where each starts in the whole and in the part.
private func forEachBlock(
    _ shape: [Int], axis: Int, start: Int, end: Int, _ body: (_ inWhole: Int, _ inPart: Int, _ count: Int) -> Void
) {
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    let count = (end - start) * inner
    Parallel.forEachRange(outer, tile: rowTile(columns: count)) { range in
        for index in range { body((index * shape[axis] + start) * inner, index * count, count) }
    }
}
