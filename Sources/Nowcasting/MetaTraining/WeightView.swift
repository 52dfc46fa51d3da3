import CKernels
import COpenBLAS
import Tensors

/// A matrix among the weights of a network under training: where it lies in the flat buffer of weights, and in that of
/// gradients.
struct WeightView: Hashable {
    let offset: Int
    let inputs: Int
    let outputs: Int
    /// Elements from one row in memory to the next.
    let stride: Int
    /// True for rows of inputs, as in a checkpoint's layers; false for [inputs, outputs].
    let isOutFirst: Bool

    var rows: Int { isOutFirst ? outputs : inputs }
    var columns: Int { isOutFirst ? inputs : outputs }

    /// The layer on its first inputs.
    func first(inputs count: Int) -> WeightView {
        WeightView(offset: offset, inputs: count, outputs: outputs, stride: stride, isOutFirst: isOutFirst)
    }

    /// The layer to its first outputs.
    func first(outputs count: Int) -> WeightView {
        WeightView(offset: offset, inputs: inputs, outputs: count, stride: stride, isOutFirst: isOutFirst)
    }

    /// y = x W, or y += x W, on the calling thread; x [rows, inputs], y [rows, outputs].
    func apply(
        _ weights: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows count: Int,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        product(
            transposeA: false, transposeB: isOutFirst, rows: count, columns: outputs, inner: inputs, x, inputs,
            weights + offset, stride, accumulate, y, outputs)
    }

    /// dx = dy Wᵀ, or dx += dy Wᵀ.
    func pullBack(
        _ weights: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, rows count: Int,
        into dx: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        product(
            transposeA: false, transposeB: !isOutFirst, rows: count, columns: inputs, inner: outputs, dy, outputs,
            weights + offset, stride, accumulate, dx, inputs)
    }
}

/// C = op(A) · op(B), or C += op(A) · op(B), on the calling thread.
func product(
    transposeA: Bool, transposeB: Bool, rows: Int, columns: Int, inner: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ b: UnsafePointer<Float>, _ ldb: Int,
    _ accumulate: Bool, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
) {
    _ = openBLASIsSerial
    cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, blasint(rows),
        blasint(columns), blasint(inner), 1,
        a, blasint(lda), b, blasint(ldb), accumulate ? 1 : 0, c, blasint(ldc))
}

/// The gradient of one weight matrix, summed over tiles of rows: a few tiles in float32, those sums in double.
final class WeightGradient {
    private let view: WeightView
    private let partial: Tensor
    private var tiles = 0

    /// Tiles between two additions in double: some thousand rows.
    private static let tilesPerSum = 16

    init(_ view: WeightView) {
        self.view = view
        partial = Tensor(shape: [view.rows, view.columns])
    }

    /// Adds the gradient of y = x W for `count` rows; `flush` must follow the last.
    func add(
        _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, rows count: Int,
        to gradient: UnsafeMutablePointer<Double>
    ) {
        let (left, right) = view.isOutFirst ? (dy, x) : (x, dy)
        product(
            transposeA: true, transposeB: false, rows: view.rows, columns: view.columns, inner: count, left, view.rows,
            right, view.columns, true,
            partial.address, view.columns)
        tiles += 1
        if tiles == Self.tilesPerSum { flush(to: gradient) }
    }

    func flush(to gradient: UnsafeMutablePointer<Double>) {
        nino_flush(partial.address, Int64(view.rows), Int64(view.columns), gradient + view.offset, Int64(view.stride))
        tiles = 0
    }
}

/// The gradients of all weight matrices that one sample meets.
final class WeightGradients {
    private var sums: [WeightView: WeightGradient] = [:]

    func sum(of view: WeightView) -> WeightGradient {
        if let sum = sums[view] { return sum }
        let sum = WeightGradient(view)
        sums[view] = sum
        return sum
    }

    /// In the order of the views, as parts of one matrix overlap: a dictionary's own order changes from process to
    /// process.
    func flush(to gradient: UnsafeMutablePointer<Double>) {
        let ordered = sums.sorted {
            ($0.key.offset, $0.key.inputs, $0.key.outputs) < ($1.key.offset, $1.key.inputs, $1.key.outputs)
        }
        for (_, sum) in ordered { sum.flush(to: gradient) }
    }
}
