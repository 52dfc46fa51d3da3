import Foundation
import NeuralGraphs
import PluginHost
import Presentation

/// A neural graph as one page: an overview, every layer as a matrix of blocks, and what all of it means.
struct GraphPage {
    let graph: NeuralGraph
    let model: Model
    /// Whether the graph comes from the forward pass, not from the plugin's constructor.
    let isDerived: Bool

    /// Colours for a picture that stands alone.
    static var standaloneStyle: String {
        element("style", [:], Page.asset("graph/graph.css").replacing("<", with: ""))
    }

    private var layers: [GraphPart] { GraphPart.layers(of: graph) }

    var html: String {
        let layers = layers
        // A layer, not what stands outside of them.
        let opened = layers.firstIndex(where: \.isLayer) ?? 0
        let title = "Neural graph of \(model.title)"
        let content = [
            element("h1", [:], escaped(title)), summary, controls(layers), overview(layers),
            layers.enumerated().map { section($1, index: $0, isOpen: $0 == opened) }.joined(separator: "\n"), guide,
            element("h2", [:], "About this page"), settingsTable(facts),
        ]
        return Page(
            title: title, content: content.joined(separator: "\n"), styles: ["graph/graph.css"],
            scripts: ["graph/graph.js"]
        ).html
    }

    private var summary: String {
        let text =
            "\(grouped: graph.nodeCount) nodes in \(grouped: graph.nodeBlocks.count) blocks, "
            + "\(grouped: graph.edgeCount) edges in \(grouped: graph.edgeBlocks.count) blocks, for "
            + "\(grouped: graph.parameters.count) parameters. A node is a neuron, or the source of a bias, a norm, a "
            + "head, a word; an edge is a weight. Every node also has a self loop."
        return element("p", [:], escaped(text))
    }

    private func controls(_ layers: [GraphPart]) -> String {
        let types = EdgeTypeGuide.present(in: graph).map { guide in
            let box = element("input", ["type": "checkbox", "checked": "checked", "data-type": guide.style])
            return element(
                "label", ["class": "key"],
                box + element("span", ["class": "swatch \(guide.style)", "aria-hidden": "true"], "") + "\(guide.type)")
        }
        let options = layers.enumerated().map { element("option", ["value": "\($0)"], escaped($1.title)) }
        let choice =
            layers.count < 2
            ? ""
            : element(
                "label", [:],
                "Show "
                    + element(
                        "select", ["id": "layer"],
                        element("option", ["value": "all"], "all layers, folded") + options.joined()))
        let search = element("label", [:], "Search " + element("input", ["type": "search", "id": "search"]))
        let found = element("span", ["id": "found", "class": "quiet", "role": "status"], "")
        return element(
            "div", ["class": "controls", "role": "group", "aria-label": "What is shown"],
            [choice, search, found].joined())
            + element("div", ["class": "controls legend", "role": "group", "aria-label": "Edge types"], types.joined())
    }

    private func overview(_ layers: [GraphPart]) -> String {
        guard layers.count > 1 else { return "" }
        let figure = scrolling(LayerTower(graph: graph, layers: layers).svg, label: "Overview of the layers")
        return element(
            "figure", [:],
            figure
                + element(
                    "figcaption", [:],
                    "The layers, in order. Bars are to scale: as long as there are edges. A layer leads to its picture."
                ))
    }

    private func section(_ part: GraphPart, index: Int, isOpen: Bool) -> String {
        let picture = scrolling(BlockMatrix(graph, part).svg(isLinked: true), label: "Matrix of \(part.title)")
        let caption = element(
            "figcaption", [:],
            "Sources down, targets across; numbers of nodes in brackets. Sides grow with the square root of the number "
                + "of nodes, but nothing is thinner than a line of text. A line is a fan: one edge a node."
        )
        let body =
            element("summary", [:], element("h2", [:], escaped(part.title))) + element("figure", [:], picture + caption)
            + table(part)
        let attributes: KeyValuePairs<String, String> =
            isOpen
            ? ["class": "layer", "id": "layer-\(index)", "open": "open"] : ["class": "layer", "id": "layer-\(index)"]
        return element("details", attributes, body)
    }

    private func table(_ part: GraphPart) -> String {
        let rows = part.edgeBlocks.map { index in
            let block = graph.edgeBlocks[index]
            let ends = graph.ends(of: block)
            let style = EdgeTypeGuide(type: block.type).style
            let type = element("span", ["class": "swatch \(style)", "aria-hidden": "true"], "") + "\(block.type)"
            let cells = [
                escaped(part.short(block.name)), type,
                escaped("\(part.short(ends.source.name)) (\(grouped: ends.source.count))"),
                escaped("\(part.short(ends.target.name)) (\(grouped: ends.target.count))"), shape(block),
                "\(grouped: graph.edgeCount(of: block))",
            ]
            return element(
                "tr", ["id": "block-\(index)", "tabindex": "-1", "data-type": style, "data-name": block.name],
                cells.map { element("td", [:], $0) }.joined())
        }
        let titles = [part.isLayer ? "block of \(part.title)" : "block", "type", "from", "to", "tensor", "edges"].map {
            element("th", ["scope": "col"], escaped($0))
        }
        let markup =
            element("thead", [:], element("tr", [:], titles.joined()))
            + element("tbody", [:], rows.joined(separator: "\n"))
        return scrolling(element("table", ["class": "blocks"], markup), label: "Blocks of \(part.title)")
    }

    /// The shape of the tensor that a block's edges carry.
    private func shape(_ block: EdgeBlock) -> String {
        guard case .parameter(let rule) = block.values else { return "constant" }
        return graph.parameters.entries[rule.parameter].shape.map { "\(grouped: $0)" }.joined(separator: " × ")
    }

    private var guide: String {
        let rows = EdgeTypeGuide.present(in: graph).map { guide in
            let name = element("th", ["scope": "row"], "\(guide.type)")
            return element(
                "tr", [:], element("td", [:], guide.drawing) + name + element("td", [:], escaped(guide.meaning)))
        }
        return element("h2", [:], "What the edge types mean")
            + element("table", ["class": "texts"], element("tbody", [:], rows.joined(separator: "\n")))
    }

    private var facts: [(name: String, value: String)] {
        [
            ("model", model.title), ("plugin", model.architecture.plugin),
            ("graph", isDerived ? "derived from the forward pass" : "from the plugin's constructor"),
        ] + Provenance(version: HostVersion.text).rows
    }
}
