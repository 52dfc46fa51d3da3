/// Mean over some axes.
///
/// Input: x. Output: x's shape without the axes, or with 1 in their places.
/// Attributes `axes` (integers, distinct), `keepAxes` (integer 0 or 1, default 0).
struct Mean: ReducingOperation {
    static let name = "mean"
    static let attributeNames = Reduction.attributeNames

    let reduction: Reduction

    init(_ attributes: OperationAttributes) throws(TensorError) {
        reduction = try Reduction(.mean, attributes, of: Self.name)
    }
}
