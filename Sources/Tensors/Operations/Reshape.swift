/// The same elements under another shape: splits, merges and flattens axes.
///
/// Input: x, any shape. Output: `shape`. Attribute `shape` (integers): one of them may be -1, to be inferred.
struct Reshape: RegisteredOperation {
    static let name = "reshape"
    static let attributeNames = ["shape"]

    private let shape: [Int]

    init(_ attributes: OperationAttributes) throws(TensorError) {
        shape = try attributes.integers("shape")
        guard shape.allSatisfy({ $0 >= 1 || $0 == -1 }), shape.count(where: { $0 == -1 }) <= 1 else {
            throw .attributeValue(
                operation: Self.name, name: "shape", expected: "sizes of at least 1 and at most one -1",
                found: "\(shape)")
        }
        _ = try ValueType.checkedCount(shape.filter { $0 != -1 }, name: Self.name)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        let count = try ValueType.checkedCount(inputs[0].shape, name: name)
        let known = shape.reduce(1) { $0 * ($1 == -1 ? 1 : $1) }
        let isInferred = shape.contains(-1)
        try require(isInferred ? count % known == 0 : count == known, inputs, 0, "as many elements as \(shape)")
        return resolved(count: count)
    }

    /// The shape for so many elements.
    private func resolved(count: Int) -> [Int] {
        let known = shape.reduce(1) { $0 * ($1 == -1 ? 1 : $1) }
        return shape.map { $0 == -1 ? count / known : $0 }
    }

    /// In the coarsest mixed radix of which the axes of both shapes are digits; axes that share none are pinned.
    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        var (old, new): ([AxisFlow.Axis], [AxisFlow.Axis]) = ([], [])
        for run in MixedRadix.commonRuns(inputs[0].shape, resolved(count: inputs[0].shape.reduce(1, *))) {
            guard let radix = MixedRadix(run.first, run.second) else {
                let reason = AxisFlow.Role.pinned("it reads axes of \(run.first) as \(run.second)")
                old += flow.indices(run.first, reason).map { [[$0]] }
                new += flow.indices(run.second, reason).map { [[$0]] }
                continue
            }
            let digits = flow.indices(radix.sizes)
            old += radix.first.map { [$0.map { digits[$0] }] }
            new += radix.second.map { [$0.map { digits[$0] }] }
        }
        return flow.make([old], new)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        output.address.update(from: inputs[0].floats.address, count: output.count)
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        addScaled(1, gradient.address, to: target, count: gradient.count)
    }
}
