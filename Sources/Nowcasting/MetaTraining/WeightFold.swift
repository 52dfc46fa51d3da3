import COpenBLAS
import Tensors

/// A matrix among flat weights, as it stands in a fold.
struct FoldOperand {
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

/// A product of weights that meets no nonlinearity, taken once a step: output = A · B + a vector added to every row.
///
/// All lie in one flat buffer, operands before outputs, so that running folds in order computes them and running the
/// pullbacks in
/// reverse order carries gradients back. Source: nino-model.md 4.
struct WeightFold {
    let a: FoldOperand
    let b: FoldOperand
    /// Offset of the vector.
    let added: Int?
    /// Offset of the output, [height of A, width of B].
    let output: Int

    var rows: Int { a.height }
    var columns: Int { b.width }

    func run(_ weights: UnsafeMutablePointer<Float>) {
        for row in 0..<rows {
            for column in 0..<columns {
                weights[output + row * columns + column] = added.map { weights[$0 + column] } ?? 0
            }
        }
        product(
            transposeA: a.isTransposed, transposeB: b.isTransposed, rows: rows, columns: columns, inner: a.width,
            weights + a.offset, a.stride,
            weights + b.offset, b.stride, true, weights + output, columns)
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
            add(b, weights, dy.transposed, gradient, to: a, weightsAreLeft: true)
        } else {
            add(dy, gradient, b.transposed, weights, to: a, weightsAreLeft: false)
        }
        if b.isTransposed {
            add(dy.transposed, gradient, a, weights, to: b, weightsAreLeft: false)
        } else {
            add(a.transposed, weights, dy, gradient, to: b, weightsAreLeft: true)
        }
    }

    private func add(
        _ x: FoldOperand, _ xs: UnsafePointer<Double>, _ y: FoldOperand, _ ys: UnsafePointer<Double>,
        to target: FoldOperand, weightsAreLeft: Bool
    ) {
        // One of the two factors lies in the buffer of gradients, and so does the target; they never overlap.
        let gradients = UnsafeMutablePointer(mutating: weightsAreLeft ? ys : xs)
        _ = openBLASIsSerial
        cblas_dgemm(
            CblasRowMajor, x.isTransposed ? CblasTrans : CblasNoTrans, y.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(target.rows), blasint(target.columns),
            blasint(x.width), 1, xs + x.offset, blasint(x.stride), ys + y.offset, blasint(y.stride), 1,
            gradients + target.offset, blasint(target.stride))
    }
}
