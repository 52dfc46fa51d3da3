import NeuralGraphs
import Presentation

/// The layers of a graph one below the other, each a bar as long as it has edges, in the colours of their types.
struct LayerTower {
    let graph: NeuralGraph
    let layers: [GraphPart]

    private static let width = 940.0
    private static let row = 24.0

    var svg: String {
        let counts = layers.map { part in part.edgeBlocks.reduce(0) { $0 + graph.edgeCount(of: graph.edgeBlocks[$1]) } }
        let left = min(360, Double(layers.map(\.title.count).max() ?? 0) * 7 + 12)
        let scale = (Self.width - left - 130) / Double(max(1, counts.max() ?? 1))
        let rows = layers.indices.map { index in
            let y = Double(index) * Self.row
            let parts = bars(layers[index], x: left, y: y + 4, scale: scale)
            let end = left + Double(counts[index]) * scale
            let content =
                svgText(layers[index].title, x: left - 8, y: y + 17, anchor: "end", style: "name") + parts
                + svgText("\(grouped: counts[index])", x: end + 6, y: y + 17, anchor: "start", style: "tick")
            return element(
                "a", ["href": "#layer-\(index)", "class": "layer-link", "data-layer": "\(index)"], content)
        }
        let height = Double(layers.count) * Self.row + 6
        return element(
            "svg",
            ["class": "tower", "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(height))"],
            ([element("title", [:], "Edges of each layer")] + rows).joined(separator: "\n"))
    }

    private func bars(_ part: GraphPart, x: Double, y: Double, scale: Double) -> String {
        var counts: [EdgeType: Int] = [:]
        for index in part.edgeBlocks {
            let block = graph.edgeBlocks[index]
            counts[block.type, default: 0] += graph.edgeCount(of: block)
        }
        var left = x
        return EdgeType.allCases.compactMap { type -> String? in
            guard let count = counts[type] else { return nil }
            let width = Double(count) * scale
            defer { left += width }
            let bar = element(
                "rect",
                [
                    "class": "block \(EdgeTypeGuide(type: type).style)", "x": coordinate(left), "y": coordinate(y),
                    "width": coordinate(max(width, 0.3)), "height": "16",
                ])
            return hovered(bar, "\(part.title), \(type): \(grouped: count) edges")
        }.joined()
    }
}
