import COpenBLAS

/// The Cholesky factor of a symmetric positive definite matrix whose entries lie near the diagonal.
///
/// Complexity: n·b² for n rows and half bandwidth b.
struct BandCholesky {
    private let size: Int
    private let bandwidth: Int
    /// LAPACK's lower band storage: entry (i, j) at row i − j of column j.
    private var factor: [Double]

    /// - Parameter entries: of the lower triangle, by rows: column and value.
    /// - Returns: nil if the matrix is not positive definite.
    init?(_ entries: [[(column: Int, value: Double)]]) {
        _ = openBLASIsSerial
        size = entries.count
        bandwidth = entries.indices.reduce(0) { widest, row in
            entries[row].reduce(widest) { max($0, row - $1.column) }
        }
        factor = Array(repeating: 0, count: (bandwidth + 1) * size)
        for (row, columns) in entries.enumerated() {
            for (column, value) in columns where column <= row {
                factor[column * (bandwidth + 1) + row - column] = value
            }
        }
        var (order, band, leading, status) = (Int32(size), Int32(bandwidth), Int32(bandwidth + 1), Int32(0))
        dpbtrf_("L", &order, &band, &factor, &leading, &status)
        guard status == 0 else { return nil }
    }

    /// - Parameter columns: right sides, one behind the other; replaced by the solutions.
    func solve(_ columns: inout [Double]) {
        var (order, band, leading) = (Int32(size), Int32(bandwidth), Int32(bandwidth + 1))
        var (count, stride, status) = (Int32(columns.count / size), Int32(size), Int32(0))
        dpbtrs_("L", &order, &band, &count, factor, &leading, &columns, &stride, &status)
    }
}
