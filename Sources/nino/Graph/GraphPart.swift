import NeuralGraphs

/// Edge blocks of a graph that are drawn together: a layer, or all.
struct GraphPart {
    let title: String
    /// Indices in the graph's list.
    let edgeBlocks: [Int]
    /// The node blocks they join, ascending.
    let nodeBlocks: [Int]
    /// Whether the title is how names within begin.
    let isLayer: Bool

    init(_ graph: NeuralGraph, title: String, edgeBlocks: [Int], isLayer: Bool = false) {
        self.isLayer = isLayer
        (self.title, self.edgeBlocks) = (title, edgeBlocks)
        nodeBlocks = Set(edgeBlocks.flatMap { [graph.edgeBlocks[$0].from, graph.edgeBlocks[$0].to] }).sorted()
    }

    /// The whole graph.
    init(_ graph: NeuralGraph) {
        self.init(graph, title: "the whole graph", edgeBlocks: Array(graph.edgeBlocks.indices))
    }

    /// Edge blocks of one picture, at most; a graph of more is drawn layer by layer.
    static let most = 24

    /// The graph in layers, as the names of its blocks tell them: all up to the first number. One part if it is small.
    static func layers(of graph: NeuralGraph) -> [GraphPart] {
        guard graph.edgeBlocks.count > most else { return [GraphPart(graph)] }
        var titles: [String] = []
        var blocks: [String: [Int]] = [:]
        for (index, block) in graph.edgeBlocks.enumerated() {
            let title = layer(of: block.name)
            if blocks[title] == nil { titles.append(title) }
            blocks[title, default: []].append(index)
        }
        return titles.map { GraphPart(graph, title: $0, edgeBlocks: blocks[$0]!, isLayer: $0 != outside) }
    }

    /// A name without what all names of the layer begin with.
    func short(_ name: String) -> String {
        isLayer ? name.replacing(title + ".", with: "") : name
    }

    private static let outside = "outside the layers"

    /// `model.layers.3` of `model.layers.3.mlp.up_proj.weight`.
    private static func layer(of name: String) -> String {
        let words = name.split(separator: ".")
        guard let number = words.firstIndex(where: { Int($0) != nil }) else { return outside }
        return words[...number].joined(separator: ".")
    }
}

extension NeuralGraph {
    /// Messages of a block run from the first of these node blocks to the second.
    func ends(of block: EdgeBlock) -> (source: NodeBlock, target: NodeBlock) {
        let (from, to) = (nodeBlocks[block.from], nodeBlocks[block.to])
        return block.reversed ? (to, from) : (from, to)
    }
}
