import Tensors

/// The orthogonal matrix nearest to one, approximately: five steps of a quintic iteration on X / ‖X‖.
///
/// Source: `zeropower_via_newtonschulz` of `torch.optim.Muon`, in float32.
enum NewtonSchulz {
    private static let coefficients: (a: Float, b: Float, c: Float) = (3.4445, -4.7750, 2.0315)

    /// - Parameter matrix: row-major [rows, columns]; replaced.
    static func orthogonalize(_ matrix: inout [Float], rows: Int, columns: Int, steps: Int = 5) {
        let norm = matrix.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let scale = Float(1 / max(norm, 1e-7))
        for i in matrix.indices { matrix[i] *= scale }
        // The smaller Gram matrix: X Xᵀ of a wide matrix, Xᵀ X of a tall one.
        let isTall = rows > columns
        let small = min(rows, columns)
        var gram = [Float](repeating: 0, count: small * small)
        var polynomial = gram
        var next = matrix
        let (a, b, c) = coefficients
        for _ in 0..<steps {
            gemm(
                transposeA: isTall, transposeB: !isTall, m: small, n: small, k: max(rows, columns), matrix,
                lda: columns, matrix, ldb: columns, &gram, ldc: small)
            for i in gram.indices { polynomial[i] = b * gram[i] }
            gemm(
                m: small, n: small, k: small, alpha: c, gram, lda: small, gram, ldb: small, beta: 1, &polynomial,
                ldc: small)
            for i in 0..<small { polynomial[i * small + i] += a }
            if isTall {
                gemm(
                    m: rows, n: columns, k: small, matrix, lda: columns, polynomial, ldb: small, &next, ldc: columns)
            } else {
                gemm(
                    m: rows, n: columns, k: small, polynomial, lda: small, matrix, ldb: columns, &next, ldc: columns)
            }
            swap(&matrix, &next)
        }
    }
}
