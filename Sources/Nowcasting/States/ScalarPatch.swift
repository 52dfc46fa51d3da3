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
}
