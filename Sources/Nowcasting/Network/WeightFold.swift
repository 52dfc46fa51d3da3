import Tensors

/// A matrix among flat weights, as it stands in a fold.
struct FoldOperand: Sendable {
    let offset: Int
    let rows: Int
    let columns: Int
    let stride: Int
    let isTransposed: Bool

    init(_ offset: Int, rows: Int, columns: Int, stride: Int? = nil, isTransposed: Bool = false) {
        (self.offset, self.rows, self.columns, self.stride, self.isTransposed) = (
            offset, rows, columns, stride ?? columns, isTransposed
        )
    }

    var transposed: FoldOperand {
        FoldOperand(offset, rows: rows, columns: columns, stride: stride, isTransposed: !isTransposed)
    }
    fileprivate var height: Int { isTransposed ? columns : rows }
    fileprivate var width: Int { isTransposed ? rows : columns }
}

/// A product of weights that meets no nonlinearity, taken before any edge is seen: output = A · B + a vector added to
/// every row, in double precision.
///
/// All lie in one flat buffer, operands before outputs, so that running folds in order computes them and running the
/// pullbacks in reverse order carries gradients back. Source: nino-model.md 4.
struct WeightFold: Sendable {
    let a: FoldOperand
    let b: FoldOperand
    /// Offset of the vector.
    let added: Int?
    /// Offset of the output, [height of A, width of B].
    let output: Int

    var rows: Int { a.height }
    var columns: Int { b.width }

    func run(_ weights: UnsafeMutablePointer<Double>) {
        for row in 0..<rows {
            for column in 0..<columns {
                weights[output + row * columns + column] = added.map { weights[$0 + column] } ?? 0
            }
        }
        product(a, weights, b, weights, into: FoldOperand(output, rows: rows, columns: columns), weights)
    }

    /// Adds the output's gradient times the other operand to each operand's gradient, and its row sums to the vector's.
    func pullBack(_ weights: UnsafePointer<Double>, _ gradient: UnsafeMutablePointer<Double>) {
        if let added {
            for row in 0..<rows {
                for column in 0..<columns { gradient[added + column] += gradient[output + row * columns + column] }
            }
        }
        let dy = FoldOperand(output, rows: rows, columns: columns)
        // For a transposed operand the gradient is that of its transpose.
        if a.isTransposed {
            product(b, weights, dy.transposed, gradient, into: a, gradient)
        } else {
            product(dy, gradient, b.transposed, weights, into: a, gradient)
        }
        if b.isTransposed {
            product(dy.transposed, gradient, a, weights, into: b, gradient)
        } else {
            product(a.transposed, weights, dy, gradient, into: b, gradient)
        }
    }

    /// Adds x · y to `target`, which overlaps neither.
    private func product(
        _ x: FoldOperand, _ xs: UnsafePointer<Double>, _ y: FoldOperand, _ ys: UnsafePointer<Double>,
        into target: FoldOperand, _ targets: UnsafeMutablePointer<Double>
    ) {
        serialGemm(
            transposeA: x.isTransposed, transposeB: y.isTransposed, m: target.rows, n: target.columns, k: x.width,
            xs + x.offset, lda: x.stride, ys + y.offset, ldb: y.stride, beta: 1, targets + target.offset,
            ldc: target.stride)
    }
}
