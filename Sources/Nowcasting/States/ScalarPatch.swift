import NeuralGraphs

/// A rectangle of scalars inside a parameter: `first + row · rowStride + column · columnStride`.
public struct ScalarPatch: Sendable, Equatable {
    /// Index in the parameter list.
    public let parameter: Int
    public let first: Int
    public let rows: Int
    public let rowStride: Int
    public let columns: Int
    public let columnStride: Int

    /// Scalars `range` of a parameter, counted from its start.
    static func run(_ parameter: Int, _ range: Range<Int>) -> ScalarPatch {
        ScalarPatch(
            parameter: parameter, first: range.lowerBound, rows: 1, rowStride: 0, columns: range.count, columnStride: 1)
    }

    static func whole(_ parameter: Int, _ entry: ParameterList.Entry) -> ScalarPatch { run(parameter, 0..<entry.count) }

    /// The same scalars of another parameter.
    public func inParameter(_ parameter: Int) -> ScalarPatch {
        ScalarPatch(
            parameter: parameter, first: first, rows: rows, rowStride: rowStride, columns: columns,
            columnStride: columnStride)
    }

    /// True if its scalars lie together in the parameter, and with this distance from row to row in memory too.
    func isContiguous(stride: Int) -> Bool {
        columnStride == 1 && (rows == 1 || rowStride == columns && stride == columns)
    }

    @inline(__always)
    func forEachScalar(_ body: (_ row: Int, _ column: Int, _ scalar: Int) -> Void) {
        for row in 0..<rows {
            for column in 0..<columns { body(row, column, first + row * rowStride + column * columnStride) }
        }
    }
}
