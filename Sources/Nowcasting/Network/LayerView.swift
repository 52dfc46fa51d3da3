/// A layer's weight and the offset of its bias.
struct LayerView: Sendable {
    let weight: WeightView
    let bias: Int

    /// As an operand of folds: [outputs, inputs], or some rows or columns of it.
    func operand(rows: Range<Int>? = nil, columns: Range<Int>? = nil) -> FoldOperand {
        let (rows, columns) = (rows ?? 0..<weight.outputs, columns ?? 0..<weight.inputs)
        return FoldOperand(
            weight.offset + rows.lowerBound * weight.stride + columns.lowerBound, rows: rows.count,
            columns: columns.count, stride: weight.stride)
    }

    /// The layer on a range of its inputs.
    func inputs(_ range: Range<Int>) -> WeightView {
        WeightView(
            offset: weight.offset + range.lowerBound, inputs: range.count, outputs: weight.outputs,
            stride: weight.stride, isOutFirst: true)
    }

    func biasRow(_ range: Range<Int>? = nil) -> FoldOperand {
        FoldOperand(bias + (range?.lowerBound ?? 0), rows: 1, columns: range?.count ?? weight.outputs)
    }
}
