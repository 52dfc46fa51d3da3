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
    public var text: String {
        let header = ["nowcaster"] + seeds.map { "seed \($0)" } + ["mean", "of Adam alone", "steps/s"]
        let names = displayNames(rows.map(\.nowcaster))
        let body = rows.map { row in
            [names[row.nowcaster] ?? row.nowcaster] + row.cells.map { $0?.text ?? "–" }
                + [row.meanText, row.ratioText, "\(row.stepsPerSecond, decimals: 1)"]
        }
        let table = [header] + body
        let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        let lines = table.map { cells in
            zip(cells, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ")
        }
        return (lines + (note.map { [$0] } ?? [])).joined(separator: "\n")
    }
}
