import Presentation

/// The metric against steps, as an SVG: a thin line for each run, a thick smoothed mean for each nowcaster, the target
/// dashed, a flag at each mean number of steps to the target, and a row of ticks at the jumps.
struct ConvergenceChart {
    let series: [ChartSeries]
    let metric: Metric
    let target: Double
    /// Display names by nowcaster label.
    let names: [String: String]
    let scale: ChartScale
    private let legend: [LegendEntry]
    private let flags: [Flag]

    static let width = 980.0
    private static let plotHeight = 400.0
    private static let rowHeight = 20.0
    private static let left = 70.0
    private static let right = width - 22

    init(results: [RunResult], metric: Metric, target: Double, names: [String: String]) {
        let series = ChartSeries.series(of: results)
        self.series = series
        self.metric = metric
        self.target = target
        self.names = names
        let x = ChartScale.stepTicks(series)
        legend = LegendEntry.place(series.map { names[$0.label] ?? $0.label }, left: Self.left, right: Self.right)
        let legendHeight = Double((legend.map(\.row).max() ?? 0) + 1) * Self.rowHeight
        let horizontal = ChartScale(
            x: x, y: AxisTicks(enclosing: 0...1, intervals: 1), left: Self.left, right: Self.right, top: 0, bottom: 1)
        flags = Flag.place(series, names: names, scale: horizontal)
        let top = legendHeight + 12 + Double((flags.map(\.row).max() ?? -1) + 1) * Self.rowHeight + 6
        scale = ChartScale(
            x: x, y: ChartScale.valueTicks(series, metric: metric, target: target), left: Self.left, right: Self.right,
            top: top, bottom: top + Self.plotHeight)
    }

    /// - Parameters:
    ///   - title, description: what a screen reader says of the picture.
    func svg(title: String, description: String) -> String {
        let strips = series.filter { !$0.jumpSteps.isEmpty }
        let height = scale.bottom + 56 + (strips.isEmpty ? 0 : 14 * Double(strips.count) + 24)
        let content = [
            element("title", ["id": "chart-title"], escaped(title)),
            element("desc", ["id": "chart-description"], escaped(description)),
            clip, grid, thinLines, targetLine, meanLines, flagMarks, legendMarks, axisTitles, jumpStrips(strips),
        ]
        return element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(height))",
                "role": "img", "aria-labelledby": "chart-title chart-description",
            ], content.joined(separator: "\n"))
    }

    private var clip: String {
        let frame = element(
            "rect",
            [
                "x": coordinate(scale.left), "y": coordinate(scale.top), "width": coordinate(scale.right - scale.left),
                "height": coordinate(scale.bottom - scale.top),
            ])
        return element("clipPath", ["id": "plot"], frame)
    }

    private var grid: String {
        let rows = scale.y.values.map { value in
            let y = scale.y(value)
            return svgLine("grid", scale.left, y, scale.right, y)
                + svgText(tickText(value), x: scale.left - 8, y: y + 4.5, anchor: "end", style: "tick")
        }
        let columns = scale.x.values.map { step in
            let x = scale.x(step)
            return svgLine("axis", x, scale.bottom, x, scale.bottom + 5)
                + svgText("\(grouped: Int(step))", x: x, y: scale.bottom + 20, anchor: "middle", style: "tick")
        }
        return (rows + columns + [svgLine("axis", scale.left, scale.bottom, scale.right, scale.bottom)]).joined(
            separator: "\n")
    }

    private func tickText(_ value: Double) -> String {
        switch metric {
        case .accuracy: "\(value * 100, decimals: max(0, scale.y.decimals - 2)) %"
        case .testLoss: "\(value, decimals: scale.y.decimals)"
        }
    }

    private var thinLines: String {
        let lines = series.flatMap { series in
            zip(series.runs, series.lines()).map { run, points in
                let end = run.stepsToTarget.map { "target reached at step \(grouped: $0)" } ?? "target not reached"
                let title = "\(names[series.label] ?? series.label), seed \(run.seed): \(end)"
                return path(points, style: "run \(ChartStyle.colourClass(series.index))", title: title)
            }
        }
        return element("g", ["clip-path": "url(#plot)"], lines.joined(separator: "\n"))
    }

    private var meanLines: String {
        let lines = series.map { series in
            let points = series.meanLine()
            // Markers at different places for each series, so that they do not hide each other.
            let spacing = max(1, points.count / 6)
            let offset = spacing / 2 + series.index * max(1, spacing / 5)
            let markers = stride(from: offset, to: points.count, by: spacing)
                .map { ChartStyle.marker(series.index, x: scale.x(points[$0].step), y: scale.y(points[$0].value)) }
            return path(
                points, style: "mean \(ChartStyle.colourClass(series.index))",
                title: names[series.label] ?? series.label)
                + markers.joined()
        }
        return element("g", ["clip-path": "url(#plot)"], lines.joined(separator: "\n"))
    }

    private var targetLine: String {
        guard metric.canReach(target) else { return "" }
        let y = scale.y(target)
        // On the side of the worse values: at the left, where the label is, no line has come near the target yet.
        let labelY = metric.higherIsBetter ? y + 17 : y - 7
        return svgLine("target", scale.left, y, scale.right, y)
            + svgText(
                "target \(metric.text(target))", x: scale.left + 6, y: labelY, anchor: "start", style: "goal halo")
    }

    private var flagMarks: String {
        flags.map { flag in
            let y = scale.top - 12 - Double(flag.row) * Self.rowHeight
            let colour = ChartStyle.colourClass(flag.index)
            return svgLine("flag \(colour)", flag.x, y + 4, flag.x, scale.y(target))
                + ChartStyle.marker(flag.index, x: flag.x, y: scale.y(target))
                + svgText(flag.text, x: flag.textX, y: y, anchor: flag.anchor, style: "halo")
        }.joined(separator: "\n")
    }

    private var legendMarks: String {
        zip(series, legend).map { series, entry in
            let y = 14 + Double(entry.row) * Self.rowHeight
            let colour = ChartStyle.colourClass(series.index)
            return svgLine("mean \(colour)", entry.x, y, entry.x + 26, y)
                + ChartStyle.marker(series.index, x: entry.x + 13, y: y)
                + svgText(entry.text, x: entry.x + 33, y: y + 4.5, anchor: "start", style: "")
        }.joined(separator: "\n")
    }

    private var axisTitles: String {
        let middle = (scale.top + scale.bottom) / 2
        let vertical = element(
            "text", ["transform": "translate(16 \(coordinate(middle))) rotate(-90)", "text-anchor": "middle"],
            escaped(metric.title))
        return vertical
            + svgText(
                "optimizer steps", x: (scale.left + scale.right) / 2, y: scale.bottom + 42, anchor: "middle", style: "")
    }

    private func jumpStrips(_ strips: [ChartSeries]) -> String {
        guard !strips.isEmpty else { return "" }
        let top = scale.bottom + 60
        let rows = strips.enumerated().map { row, series in
            let y = top + 14 * Double(row)
            let name = names[series.label] ?? series.label
            let ticks = series.jumpSteps.map { step in
                let x = coordinate(scale.x(Double(step)))
                return element(
                    "line",
                    [
                        "class": "nowcast \(ChartStyle.colourClass(series.index))", "x1": x, "x2": x,
                        "y1": coordinate(y),
                        "y2": coordinate(y + 9),
                    ], element("title", [:], escaped("\(name): jump at step \(step)")))
            }
            return svgLine("grid", scale.left, y + 4.5, scale.right, y + 4.5) + ticks.joined()
                + ChartStyle.marker(series.index, x: scale.left - 12, y: y + 4.5)
        }
        let label = svgText("jumps", x: scale.left, y: top - 6, anchor: "start", style: "tick")
        return label + rows.joined(separator: "\n")
    }

    private func path(_ points: [ChartSeries.Point], style: String, title: String) -> String {
        guard !points.isEmpty else { return "" }
        let list = points.map { "\(coordinate(scale.x($0.step))) \(coordinate(scale.y($0.value)))" }
        return element(
            "path", ["class": style, "d": "M" + list.joined(separator: "L")], element("title", [:], escaped(title)))
    }
}
