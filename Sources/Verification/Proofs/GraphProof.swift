import NeuralGraphs

/// Graph(π·θ) = π·Graph(θ), edge by edge, where θ has another number in every slot. Source: docs/symmetry.md, proof 2.
///
/// Exact: two graphs are equal if they are the same multiset of (source, target, type, scalars), on nodes that know the same words and
/// positional encoding. For small models; `StructuralProof` sees the others.
final class GraphProof {
    private let graph: NeuralGraph
    private let edges: EdgeList
    private let words: [Int]
    private let encoding: [Float]

    /// - Throws: `NeuralGraphError.eigenvectors`.
    init(_ graph: NeuralGraph) throws(NeuralGraphError) {
        self.graph = graph
        edges = EdgeList(graph)
        words = graph.tokenWords
        encoding = try LaplacianPositionalEncoding(graph).values
    }

    /// Where each node goes.
    /// - Parameter resting: index of a node block that stays where it is, against the claims.
    func nodeImages(_ element: GroupElement, resting: Int? = nil) -> [Int] {
        graph.nodeBlocks.enumerated().flatMap { index, block -> [Int] in
            guard let axis = block.axis, index != resting else { return Array(block.nodes) }
            return element.images(of: axis).map { block.first + $0 }
        }
    }

    /// - Parameters:
    ///   - action: what happens to the parameters.
    ///   - nodes: what happens to the nodes.
    func holds(_ action: TensorAction, nodes: [Int]) -> Bool {
        let permuted = action.apply(toFlat: Array(0..<graph.parameters.count), graph.parameters)
        let width = LaplacianPositionalEncoding.width
        for (node, image) in nodes.enumerated() {
            guard words[node] == words[image] else { return false }
            guard encoding[(node * width)..<((node + 1) * width)] == encoding[(image * width)..<((image + 1) * width)] else { return false }
        }
        let found = signatures(values: permuted) { $0 }
        let expected = signatures(values: nil) { nodes[$0] }
        // Sums of hashes are equal if the multisets are; only then is it worth sorting.
        guard sum(found) == sum(expected) else { return false }
        return found.sorted() == expected.sorted()
    }

    /// Whether an action is invisible to every network that passes messages along the edges and reads scalars off them: whether each scalar
    /// sees the same things as before, as far as messages reach. Decided by colour refinement.
    func isInvisible(_ action: TensorAction) -> Bool {
        let identity = Array(0..<graph.parameters.count)
        var labels = EdgeLabels()
        var numbers: [[Float]: Int] = [:]
        let width = LaplacianPositionalEncoding.width
        let marks = words.indices.map { node -> Int in
            let mark = [Float(words[node])] + encoding[(node * width)..<((node + 1) * width)]
            let number = numbers[mark] ?? numbers.count
            numbers[mark] = number
            return number
        }
        let graphs = [identity, action.apply(toFlat: identity, graph.parameters)].map { labels.graph(edges, values: $0, marks: marks) }
        let colours = ColourRefinement(graphs, .incoming).colours
        let seen = zip(graphs, colours).map { graph, colours in
            graph.labels.indices.map { [graph.labels[$0], colours[graph.sources[$0]], colours[graph.targets[$0]]] }.sorted { $0.lexicographicallyPrecedes($1) }
        }
        return seen[0] == seen[1]
    }

    /// What is on each edge, and between which nodes.
    /// - Parameter values: of the flat vector; nil: each scalar is its own number.
    private func signatures(values: [Int]?, node: (Int) -> Int) -> [EdgeSignature] {
        edges.sources.indices.map { edge in
            let first = edges.parameterScalars[edge]
            // Scalars of one edge move together only if the whole run does; so all of them are compared, not the first alone.
            let scalars = first < 0 ? [] : (first..<(first + edges.slots[edge])).map { values?[$0] ?? $0 }
            return EdgeSignature(source: node(edges.sources[edge]), target: node(edges.targets[edge]), type: edges.types[edge], scalars: scalars)
        }
    }

    private func sum(_ signatures: [EdgeSignature]) -> Int {
        signatures.reduce(0) { $0 &+ $1.hashValue }
    }

    /// Graph → parameters is the identity: every scalar lies on an edge, all its copies carry its value, and their mean is that value.
    func roundTripFailures() -> [Failure] {
        var sums = [Double](repeating: 0, count: graph.parameters.count)
        var copies = [Int](repeating: 0, count: graph.parameters.count)
        for edge in edges.sources.indices where edges.parameterScalars[edge] >= 0 {
            for slot in 0..<edges.slots[edge] {
                let scalar = edges.parameterScalars[edge] + slot
                sums[scalar] += Double(scalar)
                copies[scalar] += 1
            }
        }
        return graph.parameters.entries.compactMap { entry in
            let wrong = entry.range.first { copies[$0] == 0 || sums[$0] / Double(copies[$0]) != Double($0) }
            return wrong.map { scalar in
                Failure(proof: .graph, groups: [], parameter: entry.name, expected: "every scalar to be read back from its edges", found: "scalar \(scalar - entry.offset) on \(copies[scalar])")
            }
        }
    }
}

/// One edge of a graph whose scalars all differ.
private struct EdgeSignature: Hashable, Comparable {
    let source: Int
    let target: Int
    let type: Int
    /// Empty for an edge with a constant, which its type tells.
    let scalars: [Int]

    static func < (a: Self, b: Self) -> Bool {
        if (a.source, a.target, a.type) != (b.source, b.target, b.type) { return (a.source, a.target, a.type) < (b.source, b.target, b.type) }
        return a.scalars.lexicographicallyPrecedes(b.scalars)
    }
}
