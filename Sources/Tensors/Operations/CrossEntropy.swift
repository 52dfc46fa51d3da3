import CKernels

/// Mean over the labelled positions of -log softmax(logits)[label]; NaN if there is none.
///
/// Inputs: logits [..., classes], labels int64 [...]. Output: [] (a single number). Attributes: `ignoreIndex` (integer,
/// default -100, PyTorch's): positions with this label do not count. `shift` (integer, default 0): position t of the
/// last label axis has label t + shift, and the last `shift` positions have none (1: next-token prediction). Throws
/// when run: `indexOutOfRange` for any other label that is not a class.
struct CrossEntropy: RegisteredOperation {
    static let name = "crossEntropy"
    static let attributeNames = ["ignoreIndex", "shift"]

    private let ignoreIndex: Int
    private let shift: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        ignoreIndex = try attributes.integer("ignoreIndex", default: -100, in: Int.min...Int.max)
        shift = try attributes.integer("shift", default: 0)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireCount(inputs, 2...2)
        try require(.float32, inputs, 0)
        try require(.int64, inputs, 1)
        try require(!inputs[0].shape.isEmpty, inputs, 0, "[..., classes]")
        let expected = Array(inputs[0].shape.dropLast())
        try require(inputs[1].shape == expected, inputs, 1, "\(expected)")
        if shift > 0 { try require(shift < expected.last ?? 0, inputs, 0, "more than \(shift) positions") }
        return []
    }

    /// The label of each row of logits; nil where the row does not count.
    private func targets(_ labels: IntegerTensor) -> [Int?] {
        let length = labels.shape.last ?? 1
        return (0..<labels.count).map { row in
            guard row % length + shift < length else { return nil }
            let label = Int(labels.values[row + shift])
            return label == ignoreIndex ? nil : label
        }
    }

    func integerBound(input index: Int, inputs: [ValueType]) -> Int? { index == 1 ? inputs[0].shape.last : nil }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let position: AxisFlow.Role =
            shift > 0 ? .pinned("each position is set against the label of a later one") : .free
        let lead = flow.indices(inputs[1].shape.dropLast()) + flow.indices(inputs[1].shape.suffix(1), position)
        let classes = flow.index(inputs[0].shape.last!, .pinned("labels name its classes"))
        return flow.make([lead + [classes], lead], [])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (logits, labels) = (inputs[0].floats, inputs[1].integers)
        let classes = logits.shape.last!
        let targets = targets(labels)
        for case let label? in targets where label < 0 || label >= classes {
            throw .indexOutOfRange(operation: name, expected: 0..<classes, found: label)
        }
        let normalizers = try logSumExps(labels.count, context)
        Parallel.forEachRange(labels.count, tile: rowTile(columns: classes)) { rows in
            for row in rows where targets[row] != nil {
                normalizers[row] = nino_log_sum_exp(logits.address + row * classes, Int64(classes))
            }
        }
        var sum = 0.0
        var count = 0
        for (row, label) in targets.enumerated() {
            guard let label else { continue }
            sum += normalizers[row] - Double(logits.values[row * classes + label])
            count += 1
        }
        output.values[0] = Float(sum / Double(count))
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let (logits, labels) = (inputs[0].floats, inputs[1].integers)
        let classes = logits.shape.last!
        let labelOfRow = self.targets(labels)
        let count = labelOfRow.count { $0 != nil }
        let scale = gradient.values[0] / Float(count)
        let normalizers = try logSumExps(labels.count, context)
        Parallel.forEachRange(labels.count, tile: rowTile(columns: classes)) { rows in
            for row in rows {
                let dx = target.address + row * classes
                if let label = labelOfRow[row] {
                    nino_softmax_scaled(
                        logits.address + row * classes, normalizers[row], scale, dx, Int64(classes), target.accumulate)
                    dx[label] -= scale
                } else if target.beta == 0 {
                    dx.update(repeating: 0, count: classes)
                }
            }
        }
    }

    /// One double a row, kept from forward to pullback.
    private func logSumExps(_ rows: Int, _ context: OperationContext) throws(TensorError) -> UnsafeMutablePointer<
        Double
    > {
        UnsafeMutableRawPointer(try context.kept(0, count: 2 * rows)).bindMemory(to: Double.self, capacity: rows)
    }
}
