/// Rows of a table.
///
/// Inputs: ids [...], int64 or whole numbers as float32; table [rows, width]. Output: [..., width].
/// Attribute `paddingIndex` (integer, default -1: none): this row gets no gradient from here (PyTorch's `padding_idx`).
/// Throws when run: `indexOutOfRange` for an id that is not a row.
struct Embedding: RegisteredOperation {
    static let name = "embedding"
    static let attributeNames = ["paddingIndex"]

    private let paddingIndex: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        paddingIndex = try attributes.integer("paddingIndex", default: -1, in: -1...Int(Int32.max))
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireCount(inputs, 2...2)
        try require(.float32, inputs, 1)
        try require(inputs[1].shape.count == 2, inputs, 1, "[rows, width]")
        return inputs[0].shape + [inputs[1].shape[1]]
    }

    func integerBound(input index: Int, inputs: [ValueType]) -> Int? { index == 0 ? inputs[1].shape[0] : nil }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let lead = flow.indices(inputs[0].shape)
        let (rows, width) = (
            flow.index(inputs[1].shape[0], .pinned("ids name its rows")), flow.index(inputs[1].shape[1])
        )
        return flow.make([lead, [rows, width]], lead + [width])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let ids = try rows(inputs)
        let table = inputs[1].floats
        let width = table.shape[1]
        Parallel.forEachRange(ids.count, tile: rowTile(columns: width)) { range in
            for position in range {
                (output.address + position * width).update(
                    from: table.address + ids[position] * width, count: width)
            }
        }
    }

    /// The ids, each checked.
    private func rows(_ inputs: [Value]) throws(TensorError) -> [Int] {
        let limit = inputs[1].floats.shape[0]
        var rows: [Int] = []
        switch inputs[0] {
        case .float(let ids):
            rows.reserveCapacity(ids.count)
            for id in ids.values { rows.append(try wholeNumber(id, below: limit, operation: name)) }
        case .integer(let ids):
            rows.reserveCapacity(ids.count)
            for id in ids.values {
                guard id >= 0, id < limit else {
                    throw .indexOutOfRange(operation: name, expected: 0..<limit, found: Int(id))
                }
                rows.append(Int(id))
            }
        }
        return rows
    }

    /// Ids may repeat, so threads share the columns, not the rows.
    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        targets[0]?.addNothing()
        guard let target = targets[1] else { return }
        let ids = try self.rows(inputs)
        let (rows, width) = (target.tensor.shape[0], target.tensor.shape[1])
        Parallel.forEachRange(width, tile: max(16, (width + 7) / 8)) { columns in
            if target.beta == 0 {
                for row in 0..<rows {
                    (target.address + row * width + columns.lowerBound).update(repeating: 0, count: columns.count)
                }
            }
            for (position, id) in ids.enumerated() where id != paddingIndex {
                let (sum, dy) = (target.address + id * width, gradient.address + position * width)
                for column in columns { sum[column] += dy[column] }
            }
        }
    }
}
