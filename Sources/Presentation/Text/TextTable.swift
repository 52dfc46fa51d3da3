/// A table of text that fits the window: columns are as wide as they must be, and cells that have to be narrower go on
/// in the next line, broken behind a space or a comma.
public struct TextTable: Sendable {
    public struct Column: Sendable {
        let title: String
        let isNumber: Bool

        public init(_ title: String, isNumber: Bool = false) {
            (self.title, self.isNumber) = (title, isNumber)
        }
    }

    public let columns: [Column]
    public var rows: [[String]] = []
    private let indent: Int

    private static let gap = "  "

    public init(_ columns: [Column], indent: Int = 0) {
        (self.columns, self.indent) = (columns, indent)
    }

    /// - Parameter width: columns of the window; nil for no limit.
    public func lines(width: Int?) -> [String] {
        let all = [columns.map(\.title)] + rows
        let natural = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let widths = width.map { fitted(natural, to: $0 - indent - Self.gap.count * (columns.count - 1)) } ?? natural
        return all.flatMap { row in
            let cells = columns.indices.map { TextWrapping.lines(of: row[$0], width: widths[$0]) }
            return (0..<(cells.map(\.count).max() ?? 0)).map { line in
                let texts = columns.indices.map { column in
                    padded(line < cells[column].count ? cells[column][line] : "", widths[column], columns[column])
                }
                return TextWrapping.trimmed(String(repeating: " ", count: indent) + texts.joined(separator: Self.gap))
            }
        }
    }

    private func padded(_ text: String, _ width: Int, _ column: Column) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return column.isNumber ? blanks + text : text + blanks
    }

    /// The widest columns give way, down to the width they are given at least.
    private func fitted(_ natural: [Int], to total: Int) -> [Int] {
        var widths = natural
        let least = 6
        while widths.reduce(0, +) > total, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > least
        { widths[widest] -= 1 }
        return widths
    }
}
