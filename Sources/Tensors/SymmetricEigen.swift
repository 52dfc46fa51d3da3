import COpenBLAS

/// Eigenvalues and eigenvectors of a real symmetric matrix, in double precision.
public struct SymmetricEigen: Sendable {
    /// Rising.
    public let values: [Double]
    /// `vectors[i]` belongs to `values[i]`; orthonormal, of arbitrary sign, and of arbitrary basis where values
    /// coincide.
    public let vectors: [[Double]]

    /// - Parameter matrix: shape [size, size]; only one triangle is read.
    /// - Returns: nil if the iteration does not converge (it may not for NaN or infinities).
    public init?(_ matrix: [Double], size: Int) {
        precondition(matrix.count == size * size, "expected \(size * size) numbers, found \(matrix.count)")
        guard size > 0 else {
            (values, vectors) = ([], [])
            return
        }
        _ = openBLASIsSerial
        var order = Int32(size)
        var a = matrix
        var w = [Double](repeating: 0, count: size)
        var status: Int32 = 0
        var length: Int32 = -1
        var workspace = [0.0]
        // The first call only asks how much workspace is best.
        dsyev_("V", "U", &order, &a, &order, &w, &workspace, &length, &status)
        length = Int32(workspace[0])
        workspace = [Double](repeating: 0, count: Int(length))
        dsyev_("V", "U", &order, &a, &order, &w, &workspace, &length, &status)
        guard status == 0 else { return nil }
        values = w
        vectors = (0..<size).map { Array(a[($0 * size)..<(($0 + 1) * size)]) }
    }
}
