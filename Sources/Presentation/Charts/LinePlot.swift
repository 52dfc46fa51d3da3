/// A few lines over steps, as an SVG: axes, a legend, markers that tell lines apart without colour.
public struct LinePlot: Sendable {
    public struct Point: Sendable, Equatable {
        public let step: Double
        public let value: Double

        public init(step: Double, value: Double) {
            (self.step, self.value) = (step, value)
        }
    }

    public struct Line: Sendable {
        public let label: String
        public let points: [Point]

        /// - Parameter points: those without a finite value have no place and are left out.
        public init(label: String, points: [Point]) {
            (self.label, self.points) = (label, points.filter(\.value.isFinite))
        }
    }

    public let title: String
    public let lines: [Line]
    /// A value to compare with, dashed.
    public let reference: Double?
    /// What the horizontal axis counts.
    public let unit: String
    private let scale: ChartScale

    private static let width = 980.0
    private static let rowHeight = 20.0
    private static let legendColumn = 220.0

    public init(title: String, lines: [Line], reference: Double? = nil, unit: String = "step") {
        (self.title, self.lines, self.reference, self.unit) = (title, lines, reference, unit)
        let points = lines.flatMap(\.points)
        let values = points.map(\.value) + (reference.map { [$0] } ?? [])
        let top = Self.rowHeight * Double((lines.count + Self.legendColumns - 1) / Self.legendColumns) + 12
        scale = ChartScale(
            x: AxisTicks(enclosing: 0...max(1, points.map(\.step).max() ?? 1), intervals: 10),
            y: AxisTicks(enclosing: (values.min() ?? 0)...(values.max() ?? 1), intervals: 6), left: 70,
            right: Self.width - 22, top: top, bottom: top + 260)
    }

    private static var legendColumns: Int { Int((width - 92) / legendColumn) }

    public var svg: String {
        let content = [element("title", [:], escaped(title)), grid] + lines.enumerated().map(drawn) + [referenceLine]
        return element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(scale.bottom + 30))", "role": "img",
            ],
            content.joined(separator: "\n"))
    }

    private var grid: String {
        let rows = scale.y.values.map { value in
            let y = scale.y(value)
            return svgLine("grid", scale.left, y, scale.right, y)
                + svgText(
                    "\(value, decimals: scale.y.decimals)", x: scale.left - 8, y: y + 4.5, anchor: "end", style: "tick")
        }
        // Of a few steps, those between two have no mark.
        let columns = scale.x.values.filter { $0 == $0.rounded() }.map { step in
            svgText("\(grouped: Int(step))", x: scale.x(step), y: scale.bottom + 20, anchor: "middle", style: "tick")
        }
        return (rows + columns).joined(separator: "\n")
    }

    private func drawn(_ index: Int, _ line: Line) -> String {
        let colour = ChartStyle.colourClass(index)
        let (column, row) = (index % Self.legendColumns, index / Self.legendColumns)
        let (x, y) = (scale.left + Double(column) * Self.legendColumn, 14 + Double(row) * Self.rowHeight)
        let key =
            svgLine("mean \(colour)", x, y, x + 26, y) + ChartStyle.marker(index, x: x + 13, y: y)
            + svgText(line.label, x: x + 33, y: y + 4.5, anchor: "start", style: "")
        guard !line.points.isEmpty else { return key }
        let places = line.points.map { (x: scale.x($0.step), y: scale.y($0.value)) }
        let path = "M" + places.map { "\(coordinate($0.x)) \(coordinate($0.y))" }.joined(separator: "L")
        let spacing = max(1, places.count / 6)
        let markers = stride(from: spacing / 2, to: places.count, by: spacing).map { place in
            hovered(
                ChartStyle.marker(index, x: places[place].x, y: places[place].y),
                "\(line.label): \(trimmed: line.points[place].value, decimals: 4) at \(unit) "
                    + "\(grouped: Int(line.points[place].step))")
        }
        return key
            + element("path", ["class": "mean \(colour)", "d": path], element("title", [:], escaped(line.label)))
            + markers.joined()
    }

    private var referenceLine: String {
        guard let reference else { return "" }
        return svgLine("target", scale.left, scale.y(reference), scale.right, scale.y(reference))
    }
}
