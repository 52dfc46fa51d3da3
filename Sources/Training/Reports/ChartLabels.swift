import Presentation

/// Width in pixels that a label needs: 13-pixel sans serif letters are 7.4 wide on average, and rarely more.
private func labelWidth(_ text: String) -> Double {
    Double(text.count) * 7.4
}

/// A name in the legend above the plot, which has as many rows as the names need.
struct LegendEntry {
    let text: String
    let x: Double
    let row: Int

    static func place(_ texts: [String], left: Double, right: Double) -> [LegendEntry] {
        var x = left
        var row = 0
        return texts.map { text in
            let width = 33 + labelWidth(text)
            if x > left, x + width > right {
                x = left
                row += 1
            }
            defer { x += width + 22 }
            return LegendEntry(text: text, x: x, row: row)
        }
    }
}

/// A label above the plot at the mean number of steps to the target.
struct Flag {
    let text: String
    let index: Int
    /// Of the pole.
    let x: Double
    let textX: Double
    let anchor: String
    /// 0 is next to the plot.
    let row: Int

    /// Puts each label in the lowest row where it touches no other label and no pole of another flag.
    static func place(_ series: [ChartSeries], names: [String: String], scale: ChartScale) -> [Flag] {
        let flags = series.compactMap { series in
            series.meanStepsToTarget.map { (series: series, steps: $0) }
        }.sorted { $0.steps > $1.steps }
        var taken: [[ClosedRange<Double>]] = []
        return flags.map { flag in
            let text = "\(names[flag.series.label] ?? flag.series.label): \(grouped: Int(flag.steps.rounded()))"
            let x = scale.x(flag.steps)
            let width = labelWidth(text)
            let isLeft = x + 6 + width > scale.right
            let span = isLeft ? (x - 6 - width)...x : x...(x + 6 + width)
            // Poles run from the plot up to their label, so a label must clear the poles of all flags in rows above it:
            // going from right to left, a label that would cross an earlier pole goes above that flag's row.
            var row = 0
            for (level, spans) in taken.enumerated() where spans.contains(where: { $0.overlaps(span) }) {
                row = level + 1
            }
            while taken.count <= row { taken.append([]) }
            taken[row].append(span)
            return Flag(
                text: text, index: flag.series.index, x: x, textX: isLeft ? x - 6 : x + 6,
                anchor: isLeft ? "end" : "start",
                row: row)
        }
    }
}
