import COpenBLAS
import Tensors

/// C = A · B, or C += A · B, for a tile that fits the cache; contiguous, row-major; on the calling thread.
///
/// - Parameters:
///   - a: [rows, inner], or [inner, rows] if it is transposed.
///   - b: [inner, columns].
///   - c: [rows, columns].
func tileProduct(
    rows: Int, inner: Int, columns: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, accumulate: Bool = false, aIsTransposed: Bool = false
) {
    _ = openBLASIsSerial
    guard rows > 0, inner > 0 else { return }
    cblas_sgemm(
        CblasRowMajor, aIsTransposed ? CblasTrans : CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns),
        blasint(inner), 1,
        a, blasint(aIsTransposed ? rows : inner), b, blasint(columns), accumulate ? 1 : 0, c, blasint(columns))
}
