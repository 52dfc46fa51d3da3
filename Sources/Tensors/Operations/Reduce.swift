/// Sum, largest, smallest or mean over some axes.
///
/// Input: x. Output: x's shape without the axes, or with 1 in their places. Of equals the first has the gradient.
/// Attributes `function` (text: sum, max, min, mean), `axes` (integers, distinct), `keepAxes` (0 or 1, default 0).
struct Reduce: ReducingOperation {
    static let name = "reduce"
    static let attributeNames = ["function"] + Reduction.attributeNames

    let reduction: Reduction

    init(_ attributes: OperationAttributes) throws(TensorError) {
        reduction = try Reduction(attributes.choice("function"), attributes, of: Self.name)
    }
}
