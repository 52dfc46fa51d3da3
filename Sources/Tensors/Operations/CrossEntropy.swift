import CKernels

/// Mean over the labelled positions of -log softmax(logits)[label]; NaN if there is none.
///
/// Inputs: logits [..., classes], labels int64 [...]. Output: [] (a single number).
/// Attribute `ignoreIndex` (integer, default -100, PyTorch's): positions with this label do not count.
/// Throws when run: `indexOutOfRange` for any other label that is not a class.
struct CrossEntropy: RegisteredOperation {
    static let name = "crossEntropy"
    static let attributeNames = ["ignoreIndex"]

    private let ignoreIndex: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        ignoreIndex = try attributes.integer("ignoreIndex", default: -100, in: Int.min...Int.max)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireCount(inputs, 2...2)
        try require(.float32, inputs, 0)
        try require(.int64, inputs, 1)
        try require(!inputs[0].shape.isEmpty, inputs, 0, "[..., classes]")
        let expected = Array(inputs[0].shape.dropLast())
        try require(inputs[1].shape == expected, inputs, 1, "\(expected)")
        return []
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (logits, labels) = (inputs[0].floats, inputs[1].integers)
        let classes = logits.shape.last!
        for label in labels.values where label != ignoreIndex && (label < 0 || label >= classes) {
            throw .indexOutOfRange(operation: name, expected: 0..<classes, found: Int(label))
        }
        let normalizers = try logSumExps(labels.count, context)
        Parallel.forEachRange(labels.count, tile: rowTile(columns: classes)) { rows in
            for row in rows where labels.values[row] != ignoreIndex {
                normalizers[row] = nino_log_sum_exp(logits.address + row * classes, Int64(classes))
            }
        }
        var sum = 0.0
        var count = 0
        for row in 0..<labels.count where labels.values[row] != ignoreIndex {
            sum += normalizers[row] - Double(logits.values[row * classes + Int(labels.values[row])])
            count += 1
        }
        output.values[0] = Float(sum / Double(count))
    }

    func pullback(_ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
                  context: OperationContext) throws(TensorError) {
        guard let target = targets[0] else { return }
        let (logits, labels) = (inputs[0].floats, inputs[1].integers)
        let classes = logits.shape.last!
        let count = labels.values.count { $0 != ignoreIndex }
        let scale = gradient.values[0] / Float(count)
        let normalizers = try logSumExps(labels.count, context)
        Parallel.forEachRange(labels.count, tile: rowTile(columns: classes)) { rows in
            for row in rows {
                let dx = target.address + row * classes
                if labels.values[row] == ignoreIndex {
                    if target.beta == 0 { dx.update(repeating: 0, count: classes) }
                } else {
                    nino_softmax_scaled(logits.address + row * classes, normalizers[row], scale, dx, Int64(classes), target.accumulate)
                    dx[Int(labels.values[row])] -= scale
                }
            }
        }
    }

    /// One double a row, kept from forward to pullback.
    private func logSumExps(_ rows: Int, _ context: OperationContext) throws(TensorError) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(try context.kept(0, count: 2 * rows)).bindMemory(to: Double.self, capacity: rows)
    }
}
