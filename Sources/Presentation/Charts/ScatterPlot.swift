/// Named places in a plane, as an SVG whose axes have one unit.
public struct ScatterPlot: Sendable {
    public struct Point: Sendable {
        public let label: String
        public let x: Double
        public let y: Double

        public init(label: String, x: Double, y: Double) {
            (self.label, self.x, self.y) = (label, x, y)
        }
    }

    public let title: String
    public let points: [Point]

    private static let width = 980.0
    private static let height = 460.0
    private static let margin = 70.0

    public init(title: String, points: [Point]) {
        (self.title, self.points) = (title, points)
    }

    public var svg: String {
        let content = [element("title", [:], escaped(title))] + points.indices.map(drawn)
        return element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(Self.height))", "role": "img",
            ],
            content.joined(separator: "\n"))
    }

    /// A line from the first point to every other, its marker and its name.
    private func drawn(_ index: Int) -> String {
        let (start, place) = (self.place(points[0]), place(points[index]))
        let way = index == 0 ? "" : svgLine("grid", start.x, start.y, place.x, place.y)
        let name = svgText(points[index].label, x: place.x + 9, y: place.y - 7, anchor: "start", style: "")
        let text = "\(points[index].label): \(points[index].x, decimals: 4), \(points[index].y, decimals: 4)"
        return way + hovered(ChartStyle.marker(index, x: place.x, y: place.y), text) + name
    }

    /// In pixels, with the same unit along both axes.
    private func place(_ point: Point) -> (x: Double, y: Double) {
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        let (left, right, low, high) = (xs.min() ?? 0, xs.max() ?? 0, ys.min() ?? 0, ys.max() ?? 0)
        let (room, rise) = (Self.width - 3 * Self.margin, Self.height - 2 * Self.margin)
        let unit = min(room / max(right - left, 1e-30), rise / max(high - low, 1e-30))
        let x = Self.margin + (room - unit * (right - left)) / 2 + unit * (point.x - left)
        let y = Self.height - Self.margin - (rise - unit * (high - low)) / 2 - unit * (point.y - low)
        return (x, y)
    }
}
