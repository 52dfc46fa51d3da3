import COpenBLAS

/// OpenBLAS runs on the calling thread only: the tiles, and what else is spread over threads, are ours. To be evaluated
/// before every call of it.
let openBLASIsSerial: Void = openblas_set_num_threads(1)

/// C = alpha · op(A) · op(B) + beta · C in float32 (BLAS sgemm), row-major, on raw memory.
///
/// A large product is tiled over the rows of C, or over its columns if there are more of those, by sizes that depend on
/// `m`, `n`, `k` alone; so the result is bit-identical for any number of threads. Inside a `Parallel.forEach` it runs
/// on the calling thread.
/// - Parameters:
///   - transposeA: op(A) = Aᵀ: memory holds A as [k, m] instead of [m, k].
///   - transposeB: op(B) = Bᵀ: memory holds B as [n, k] instead of [k, n].
///   - m: rows of op(A) and C.
///   - n: columns of op(B) and C.
///   - k: columns of op(A), rows of op(B).
///   - lda, ldb, ldc: elements from one row in memory to the next.
///   - beta: 0 overwrites C, whatever it held.
public func gemm(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int,
    beta: Float = 0, _ c: UnsafeMutablePointer<Float>, ldc: Int
) {
    precondition(
        max(m, n, k) <= Int32.max && max(lda, ldb, ldc) <= Int32.max, "gemm of \(m) x \(n) x \(k) exceeds 32-bit sizes")
    guard m > 0, n > 0 else { return }
    let multiplications = Double(m) * Double(n) * Double(k)
    guard multiplications >= 1_000_000 else {
        serialGemm(
            transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a, lda: lda, b, ldb: ldb,
            beta: beta, c, ldc: ldc)
        return
    }
    let tiles = Int(min(16, (multiplications / 500_000).rounded(.up)))
    let tile = max(32, ((max(m, n) + tiles - 1) / tiles + 15) / 16 * 16)
    Parallel.forEachRange(max(m, n), tile: tile) { range in
        let first = range.lowerBound
        if m >= n {
            serialGemm(
                transposeA: transposeA, transposeB: transposeB, m: range.count, n: n, k: k, alpha: alpha,
                a + (transposeA ? first : first * lda), lda: lda, b, ldb: ldb, beta: beta, c + first * ldc, ldc: ldc)
        } else {
            serialGemm(
                transposeA: transposeA, transposeB: transposeB, m: m, n: range.count, k: k, alpha: alpha, a, lda: lda,
                b + (transposeB ? first * ldb : first), ldb: ldb, beta: beta, c + first, ldc: ldc)
        }
    }
}

/// The same on the calling thread: for tiles, and for what is itself spread over threads.
package func serialGemm(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
    _ c: UnsafeMutablePointer<Float>, ldc: Int
) {
    _ = openBLASIsSerial
    cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
        blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
}

/// The same in double precision.
package func serialGemm(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
    _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int, beta: Double = 0,
    _ c: UnsafeMutablePointer<Double>, ldc: Int
) {
    _ = openBLASIsSerial
    cblas_dgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
        blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
}

/// Has OpenBLAS map the memory that it works in, one buffer for each thread that may multiply at a time
/// (`Parallel.threads`).
///
/// By itself it maps a buffer (128 MiB on x86-64) when a product begins while all others are in use; where the address
/// space is limited it tries forever.
public func reserveGemmMemory() {
    let buffers = (0..<Parallel.threads).map { _ in blas_memory_alloc(0) }
    for buffer in buffers { blas_memory_free(buffer) }
}

/// The matrix product A · B.
/// - Parameters:
///   - a: [m, k]
///   - b: [k, n]
/// - Returns: [m, n]
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(
        a.shape.count == 2 && b.shape.count == 2 && a.shape[1] == b.shape[0], "matmul of \(a.shape) and \(b.shape)")
    let result = Tensor(shape: [a.shape[0], b.shape[1]])
    gemm(
        m: a.shape[0], n: b.shape[1], k: a.shape[1], a.address, lda: a.shape[1], b.address, ldb: b.shape[1],
        result.address, ldc: b.shape[1])
    return result
}
