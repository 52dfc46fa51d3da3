import Presentation

extension ComparisonTable.Row {
    public var meanText: String {
        "\(meanBound.mark)\(grouped: Int(mean.rounded()))"
    }

    public var ratioText: String {
        ratio.map { "\(ratioBound.mark)\($0 * 100, decimals: 1) %" } ?? "–"
    }
}

extension ComparisonTable.Cell {
    public var text: String {
        if let divergedAtStep { return "diverged at \(grouped: divergedAtStep)" }
        return "\(reached ? "" : "> ")\(grouped: steps)"
    }
}

extension ComparisonTable {
    /// What the marks mean, when there are any; one sentence.
    public var note: String? {
        let isMarked = rows.contains { $0.reachedCount < $0.cells.count { $0 != nil } }
        return isMarked
            ? "Runs with > did not reach the target. Such a run, like one that diverged, counts with its whole "
                + "budget; means and ratios that it went into are bounds (≥, ≤) or uncertain (≈)."
            : nil
    }

    /// The table for a terminal, columns aligned, with the note below.
    /// - Parameter width: columns of the window; nil for no limit.
    public func lines(width: Int? = nil) -> [String] {
        let names = displayNames(rows.map(\.nowcaster))
        var table = TextTable(
            [.init("nowcaster")] + seeds.map { .init("seed \($0)", isNumber: true) }
                + ["mean", "of Adam alone", "steps/s"].map { .init($0, isNumber: true) })
        table.rows = rows.map { row in
            [names[row.nowcaster] ?? row.nowcaster] + row.cells.map { $0?.text ?? "–" }
                + [row.meanText, row.ratioText, "\(row.stepsPerSecond, decimals: 1)"]
        }
        return table.lines(width: width) + (note.map { TextWrapping.lines(of: $0, width: width) } ?? [])
    }

    /// The lines without a limit.
    public var text: String { lines().joined(separator: "\n") }
}
