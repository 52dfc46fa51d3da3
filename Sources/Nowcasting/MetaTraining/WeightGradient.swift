import CKernels
import Tensors

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
        serialGemm(
            transposeA: true, m: view.rows, n: view.columns, k: count, left, lda: view.rows, right,
            ldb: view.columns, beta: 1, partial.address, ldc: view.columns)
        tiles += 1
        if tiles == Self.tilesPerSum { flush(to: gradient) }
    }

    func flush(to gradient: UnsafeMutablePointer<Double>) {
        nino_flush(partial.address, Int64(view.rows), Int64(view.columns), gradient + view.offset, Int64(view.stride))
        tiles = 0
    }
}
