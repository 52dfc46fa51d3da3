import NeuralGraphs
import Presentation

/// The adjacency matrix of a part of a graph by blocks: sources down, targets across, a colour for each edge type.
///
/// A block is one rectangle, or a line for a fan, whatever its size. Sides grow with the square root of the number of
/// nodes, and are at least as high as a line of text while there are few blocks.
struct BlockMatrix {
    private let graph: NeuralGraph
    private let part: GraphPart
    /// Where each node block begins, in pixels from the matrix's corner; one more for the end.
    private let starts: [Double]
    private let placeOfBlock: [Int: Int]
    private let left: Double
    private let top: Double

    private static let letter = 6.6

    init(_ graph: NeuralGraph, _ part: GraphPart) {
        (self.graph, self.part) = (graph, part)
        let blocks = part.nodeBlocks
        let least = blocks.count <= 60 ? 17.0 : 0
        let roots = blocks.map { Double(graph.nodeBlocks[$0].count).squareRoot() }
        let room = max(120, 620 - least * Double(blocks.count))
        let total = roots.reduce(0, +)
        var starts = [0.0]
        for root in roots { starts.append(starts[starts.count - 1] + least + root / total * room) }
        self.starts = starts
        placeOfBlock = Dictionary(uniqueKeysWithValues: blocks.enumerated().map { ($1, $0) })
        let longest = blocks.map { Self.label(graph.nodeBlocks[$0], part).count }.max() ?? 0
        left = Double(longest) * Self.letter + 34
        top = Double(longest) * Self.letter * 0.72 + 34
    }

    private var side: Double { starts[starts.count - 1] }

    /// - Parameters:
    ///   - isStandalone: for a file of its own, which brings its colours along.
    ///   - isLinked: blocks lead to `#block-…` in the page.
    func svg(isStandalone: Bool = false, isLinked: Bool = false) -> String {
        let (width, height) = (left + side + top * 0.9, top + side + 16)
        let size = "0 0 \(coordinate(width)) \(coordinate(height))"
        let content =
            (isStandalone ? [GraphPage.standaloneStyle] : []) + [
                element("title", [:], escaped("Adjacency matrix by blocks: \(part.title)")),
                frame, axisTitles, selfLoops,
            ] + part.edgeBlocks.map { shape($0, isLinked: isLinked) } + labels
        return element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "matrix", "viewBox": size, "width": coordinate(width),
                "height": coordinate(height),
            ], content.joined(separator: "\n"))
    }

    private static func label(_ block: NodeBlock, _ part: GraphPart) -> String {
        let short = part.short(block.name)
        let name = short.count <= 30 ? short : "…" + short.suffix(29)
        return "\(name) (\("\(grouped: block.count)"))"
    }

    private var frame: String {
        element(
            "rect",
            [
                "class": "frame", "x": coordinate(left), "y": coordinate(top), "width": coordinate(side),
                "height": coordinate(side),
            ])
    }

    private var axisTitles: String {
        svgText("from ↓   to →", x: left - 6, y: top - 8, anchor: "end", style: "tick")
    }

    private var selfLoops: String {
        hovered(
            svgLine("loops \(EdgeTypeGuide(type: .selfLoop).style)", left, top, left + side, top + side),
            "self loops of all nodes")
    }

    private func shape(_ index: Int, isLinked: Bool) -> String {
        let block = graph.edgeBlocks[index]
        let (source, target) = block.reversed ? (block.to, block.from) : (block.from, block.to)
        let (row, column) = (placeOfBlock[source]!, placeOfBlock[target]!)
        let (x, y) = (left + starts[column], top + starts[row])
        let (width, height) = (starts[column + 1] - starts[column], starts[row + 1] - starts[row])
        let style = EdgeTypeGuide(type: block.type).style
        let mark: String
        switch block.topology {
        case .allPairs:
            mark = element(
                "rect",
                [
                    "class": "block \(style)", "x": coordinate(x), "y": coordinate(y),
                    "width": coordinate(max(width, 1)),
                    "height": coordinate(max(height, 1)),
                ])
        case .fan, .groups: mark = svgLine("fan \(style)", x, y, x + width, y + height)
        }
        let ends = graph.ends(of: block)
        let text =
            "\(block.name), \(block.type): \(ends.source.name) to \(ends.target.name), "
            + "\(grouped: graph.edgeCount(of: block)) edges"
        let named = element("title", [:], escaped(text)) + mark
        guard isLinked else { return element("g", [:], named) }
        return element(
            "a", ["href": "#block-\(index)", "class": "shape", "data-type": style, "aria-label": text], named)
    }

    /// Names of the node blocks that have room for one, on both axes.
    private var labels: [String] {
        var lastPlace = -Double.infinity
        return part.nodeBlocks.indices.flatMap { place -> [String] in
            let middle = (starts[place] + starts[place + 1]) / 2
            guard middle - lastPlace >= 12 else { return [] }
            lastPlace = middle
            let text = Self.label(graph.nodeBlocks[part.nodeBlocks[place]], part)
            let across = element(
                "text",
                [
                    "class": "name",
                    "transform": "translate(\(coordinate(left + middle)) \(coordinate(top - 6))) rotate(-45)",
                ], escaped(text))
            return [svgText(text, x: left - 6, y: top + middle + 4, anchor: "end", style: "name"), across]
        }
    }
}
