import NeuralGraphs
import Presentation

/// What an edge type means: a sentence, a colour, a drawing.
struct EdgeTypeGuide {
    let type: EdgeType

    /// The class of its colour; Sources/CPages/assets/graph/graph.css.
    var style: String { "t\(type.rawValue)" }

    var meaning: String {
        switch type {
        case .linear: "weight of a linear layer: every neuron of one block with every neuron of the next"
        case .bias: "bias: a source of its own, joined to every neuron it is added to"
        case .convolution: "kernel of a convolution: an edge for each pair of channels, with all elements of its kernel"
        case .norm: "weight of a norm: a source joined to every neuron it scales"
        case .tokenTable: "row of a token table: each word with every dimension of the stream"
        case .positionTable: "row of a position table: each position with every dimension of the stream"
        case .query: "weight of queries"
        case .key: "weight of keys; runs backwards, from the units they share with the queries"
        case .value: "weight of values"
        case .residual: "residual connection: each neuron with itself one stage on; carries no parameter"
        case .head: "joins a head to its units, so that heads can be told apart; carries no parameter"
        case .selfLoop: "every neuron with itself; carries no parameter"
        }
    }

    /// Two columns of neurons and how they are joined, 72 by 40 pixels.
    var drawing: String {
        let rows = [8.0, 20, 32]
        let (left, right) = (10.0, 62.0)
        let joins: [(Double, Double)]
        switch type {
        case .bias, .norm, .head: joins = rows.map { (20, $0) }
        case .residual: joins = rows.map { ($0, $0) }
        case .selfLoop: joins = []
        default: joins = rows.flatMap { source in rows.map { (source, $0) } }
        }
        let isSource = [.bias, .norm, .head].contains(type)
        let sources = (isSource ? [20.0] : type == .selfLoop ? [] : rows).map { dot(left, $0) }
        let lines = joins.map { svgLine("join", left, $0.0, right, $0.1) }
        let loops =
            type == .selfLoop
            ? rows.map { element("circle", ["class": "join", "cx": "54", "cy": coordinate($0), "r": "5"]) } : []
        let content = lines + loops + sources + rows.map { dot(right, $0) }
        return element(
            "svg",
            ["class": "sketch \(style)", "viewBox": "0 0 72 40", "width": "72", "height": "40", "aria-hidden": "true"],
            content.joined())
    }

    private func dot(_ x: Double, _ y: Double) -> String {
        element("circle", ["class": "dot", "cx": coordinate(x), "cy": coordinate(y), "r": "3.5"])
    }

    /// Types of a graph, in the order of their numbers.
    static func present(in graph: NeuralGraph) -> [EdgeTypeGuide] {
        EdgeType.allCases.filter { type in type == .selfLoop || graph.edgeBlocks.contains { $0.type == type } }
            .map(EdgeTypeGuide.init)
    }
}
