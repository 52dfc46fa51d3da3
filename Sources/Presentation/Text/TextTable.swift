/// A table of text that fits the window: columns are as wide as they must be, and cells that have to be narrower go on
/// in the next line, between words. Where that is not enough, optional columns are left out.
public struct TextTable: Sendable {
    public struct Column: Sendable {
        let title: String
        let isNumber: Bool
        let isOptional: Bool

        /// - Parameter isOptional: left out of a window that is too narrow for the words of all columns.
        public init(_ title: String, isNumber: Bool = false, isOptional: Bool = false) {
            (self.title, self.isNumber, self.isOptional) = (title, isNumber, isOptional)
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
        let shown = width.map { room(for: all, in: $0) } ?? Array(columns.indices)
        let natural = shown.map { column in all.map { $0[column].count }.max() ?? 0 }
        let widths = width.map { fitted(natural, least: words(all, shown), to: $0 - edges(shown.count)) } ?? natural
        return all.flatMap { row in
            let cells = shown.indices.map { TextWrapping.lines(of: row[shown[$0]], width: widths[$0]) }
            return (0..<(cells.map(\.count).max() ?? 0)).map { line in
                let texts = shown.indices.map { place in
                    padded(line < cells[place].count ? cells[place][line] : "", widths[place], columns[shown[place]])
                }
                return TextWrapping.trimmed(String(repeating: " ", count: indent) + texts.joined(separator: Self.gap))
            }
        }
    }

    /// Columns that are no cell's: before the first, and between two.
    private func edges(_ count: Int) -> Int { indent + Self.gap.count * (count - 1) }

    /// The longest word of each column.
    private func words(_ all: [[String]], _ shown: [Int]) -> [Int] {
        shown.map { column in all.flatMap { $0[column].split(separator: " ").map(\.count) }.max() ?? 0 }
    }

    /// The columns whose words fit: all, or all but the optional ones.
    private func room(for all: [[String]], in width: Int) -> [Int] {
        let every = Array(columns.indices)
        let isEnough = words(all, every).reduce(edges(every.count), +) <= width
        return isEnough ? every : every.filter { !columns[$0].isOptional }
    }

    private func padded(_ text: String, _ width: Int, _ column: Column) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return column.isNumber ? blanks + text : text + blanks
    }

    /// The widest columns give way: down to their longest word, and where that is not enough, to six letters.
    private func fitted(_ natural: [Int], least: [Int], to total: Int) -> [Int] {
        var widths = natural
        for limits in [least, least.map { _ in 6 }] {
            while widths.reduce(0, +) > total,
                let widest = widths.indices.filter({ widths[$0] > limits[$0] }).max(by: { widths[$0] < widths[$1] })
            { widths[widest] -= 1 }
        }
        return widths
    }
}
