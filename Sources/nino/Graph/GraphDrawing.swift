import Foundation
import NeuralGraphs

/// The adjacency matrix of a graph, drawn by blocks: sources down, targets across, one colour for each edge type.
///
/// A block is one rectangle (or one line, for a fan) whatever its size, so a model of any size can be drawn.
struct GraphDrawing {
    private let graph: NeuralGraph
    /// Where each node block begins on either axis, in pixels.
    private let starts: [Double]
    private let side = 640.0
    private let left = 150.0
    private let top = 20.0
    private let legendWidth = 190.0

    init(_ graph: NeuralGraph) {
        self.graph = graph
        // Square roots keep blocks of one node visible beside blocks of thousands.
        let weights = graph.nodeBlocks.map { Double($0.count).squareRoot() }
        let total = weights.reduce(0, +)
        var starts = [0.0]
        for weight in weights { starts.append(starts[starts.count - 1] + weight / total * 640) }
        self.starts = starts
    }

    private static let colors: [EdgeType: String] = [
        .linear: "#2f6fb2", .bias: "#8a8a8a", .convolution: "#1f9e89", .norm: "#b58900", .tokenTable: "#7a5195",
        .positionTable: "#bc5090",
        .query: "#d1495b", .key: "#e76f51", .value: "#f4a261", .residual: "#333333", .head: "#6a994e",
        .selfLoop: "#c8c8c8",
    ]

    private func color(_ type: EdgeType) -> String { Self.colors[type]! }

    /// - Parameter standalone: true for a file of its own, false inside a page.
    func svg(standalone: Bool) -> String {
        let (width, height) = (left + side + legendWidth, top + side + 40)
        let namespace = standalone ? " xmlns=\"http://www.w3.org/2000/svg\"" : ""
        return """
            <svg\(namespace) viewBox="0 0 \(number(width)) \(number(height))" width="\(number(width))" \
            height="\(number(height))" \
            role="img" font-family="system-ui, sans-serif" font-size="11">
            <title>Adjacency matrix of a neural graph by blocks</title>
            <desc>\(graph.nodeCount) nodes in \(graph.nodeBlocks.count) blocks, \(graph.edgeCount) edges; sources \
            down, targets across</desc>
            <rect width="100%" height="100%" fill="#ffffff"/>
            <rect x="\(number(left))" y="\(number(top))" width="\(number(side))" height="\(number(side))" fill="none" \
            stroke="#999999"/>
            \(selfLoops)
            \(graph.edgeBlocks.map(shape).joined(separator: "\n"))
            \(labels)
            \(legend)
            </svg>

            """
    }

    /// A page with the drawing and a table of all edge blocks.
    func page(title: String) -> String {
        let rows = graph.edgeBlocks.map { block in
            let (from, to) = (graph.nodeBlocks[block.from], graph.nodeBlocks[block.to])
            let (source, target) = block.reversed ? (to, from) : (from, to)
            let cells = [block.name, "\(block.type)", source.name, target.name, "\(graph.edgeCount(of: block))"]
            return "<tr>" + cells.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
        }
        return """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Neural graph of \(escaped(title))</title>
            <style>
            body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; color: #222;
              background: #fff }
            svg { max-width: 100%; height: auto } table { border-collapse: collapse } td,
              th { padding: .2rem .8rem .2rem 0; text-align: left }
            td:last-child, th:last-child { text-align: right }
            </style>
            <h1>Neural graph of \(escaped(title))</h1>
            <p>\(graph.nodeCount) nodes, \(graph.edgeCount) edges, \(graph.parameters.count) parameters.</p>
            \(svg(standalone: false))
            <table><thead><tr><th>block</th><th>type</th><th>from</th><th>to</th><th>edges</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table>
            </html>

            """
    }

    private func shape(_ block: EdgeBlock) -> String {
        let (source, target) = block.reversed ? (block.to, block.from) : (block.from, block.to)
        let (x, y) = (left + starts[target], top + starts[source])
        let (width, height) = (starts[target + 1] - starts[target], starts[source + 1] - starts[source])
        let name = "<title>\(escaped(block.name)), \(block.type)</title>"
        switch block.topology {
        case .allPairs:
            return
                "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(max(width, 1)))\" "
                + "height=\"\(number(max(height, 1)))\" fill=\"\(color(block.type))\">\(name)</rect>"
        case .fan:
            return
                "<line x1=\"\(number(x))\" y1=\"\(number(y))\" x2=\"\(number(x + width))\" "
                + "y2=\"\(number(y + height))\" stroke=\"\(color(block.type))\" stroke-width=\"2\">\(name)</line>"
        }
    }

    private var selfLoops: String {
        "<line x1=\"\(number(left))\" y1=\"\(number(top))\" x2=\"\(number(left + side))\" "
            + "y2=\"\(number(top + side))\" stroke=\"\(color(.selfLoop))\"/>"
    }

    /// Names of the node blocks that have room for one.
    private var labels: String {
        var lastLine = -Double.infinity
        return graph.nodeBlocks.indices.compactMap { index in
            let y = top + (starts[index] + starts[index + 1]) / 2
            guard y - lastLine >= 12 else { return nil }
            lastLine = y
            let block = graph.nodeBlocks[index]
            return
                "<text x=\"\(number(left - 6))\" y=\"\(number(y + 4))\" "
                + "text-anchor=\"end\">\(escaped(shortened(block.name))) (\(block.count))</text>"
        }.joined(separator: "\n")
    }

    private func shortened(_ name: String) -> String {
        name.count <= 18 ? name : "…" + name.suffix(17)
    }

    private var legend: String {
        let present = EdgeType.allCases.filter { type in
            type == .selfLoop || graph.edgeBlocks.contains { $0.type == type }
        }
        return present.enumerated().map { index, type in
            let y = top + 10 + Double(index) * 20
            let x = left + side + 20
            return "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"12\" height=\"12\" fill=\"\(color(type))\"/>"
                + "<text x=\"\(number(x + 18))\" y=\"\(number(y + 10))\">\(type)</text>"
        }.joined(separator: "\n")
    }

    private func number(_ value: Double) -> String {
        String(format: "%.1f", value)
    }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
