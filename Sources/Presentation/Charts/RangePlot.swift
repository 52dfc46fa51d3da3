/// Rows of values on one axis, as an SVG: a dot for each value, a marker with its error for the mean.
public struct RangePlot: Sendable {
    public struct Row: Sendable {
        public let label: String
        public let values: [Double]
        /// nil where a row has none.
        public let mean: Double?
        /// To both sides of the mean; 0 where it is not known.
        public let error: Double
        /// What the row says under the pointer.
        public let text: String

        public init(label: String, values: [Double], mean: Double?, error: Double, text: String) {
            (self.label, self.values, self.mean, self.error, self.text) = (label, values, mean, error, text)
        }
    }

    public let title: String
    public let rows: [Row]
    private let tick: @Sendable (Double) -> String
    private let scale: ChartScale

    private static let width = 980.0
    private static let rowHeight = 24.0
    private static let letter = 8.2

    /// - Parameters:
    ///   - title: what a screen reader says of the picture.
    ///   - tick: a value as people write it.
    public init(title: String, rows: [Row], tick: @escaping @Sendable (Double) -> String) {
        (self.title, self.rows, self.tick) = (title, rows, tick)
        let values = rows.flatMap { row in
            row.values + (row.mean.map { [$0 - row.error, $0 + row.error] } ?? [])
        }
        let labels = Double(rows.map(\.label.count).max() ?? 0) * Self.letter
        let bottom = Self.rowHeight * Double(rows.count) + 6
        scale = ChartScale(
            x: AxisTicks(enclosing: (values.min() ?? 0)...(values.max() ?? 1), intervals: 5),
            y: AxisTicks(enclosing: 0...1, intervals: 1), left: min(labels, Self.width / 2) + 16,
            right: Self.width - 34, top: 6, bottom: bottom)
    }

    public var svg: String {
        let box = "0 0 \(coordinate(Self.width)) \(coordinate(scale.bottom + 28))"
        let content = [element("title", [:], escaped(title)), grid] + rows.enumerated().map(drawn)
        return element(
            "svg", ["xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "role": "img"],
            content.joined(separator: "\n"))
    }

    private var grid: String {
        scale.x.values.map { value in
            let x = scale.x(value)
            return svgLine("grid", x, scale.top, x, scale.bottom)
                + svgText(tick(value), x: x, y: scale.bottom + 18, anchor: "middle", style: "tick")
        }.joined(separator: "\n")
    }

    private func drawn(_ index: Int, _ row: Row) -> String {
        let y = scale.top + Self.rowHeight * (Double(index) + 0.5)
        let dots = row.values.map { value in
            element(
                "circle",
                ["class": "single c0", "cx": coordinate(scale.x(value)), "cy": coordinate(y), "r": "3.5"])
        }
        let mean = row.mean.map { mean in
            svgLine("mean c1", scale.x(mean - row.error), y, scale.x(mean + row.error), y)
                + ChartStyle.marker(1, x: scale.x(mean), y: y)
        }
        let label = svgText(row.label, x: scale.left - 12, y: y + 4.5, anchor: "end", style: "")
        return hovered(label + dots.joined() + (mean ?? ""), row.text)
    }
}
