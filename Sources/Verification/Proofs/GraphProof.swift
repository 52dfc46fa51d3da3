import NeuralGraphs

/// Graph(π·θ) = π·Graph(θ), edge by edge, where θ has another number in every slot. Source: docs/symmetry.md, proof 2.
///
/// Exact: two graphs are equal if they are the same multiset of (source, target, type, scalars), on nodes that know the
/// same words and positional encoding. For small models; `StructuralProof` sees the others.
final class GraphProof {
    private let graph: NeuralGraph
    private let edges: EdgeList
    private let words: [Int]
    private let encoding: [Float]
    /// A number for every scalar, its own.
    private let identity: [Int]
    /// Graph(θ), and how its edges are labelled.
    private let reference: LabelledGraph
    private let labels: EdgeLabels

    /// - Throws: `NeuralGraphError.eigenvectors`.
    init(_ graph: NeuralGraph) throws(NeuralGraphError) {
        self.graph = graph
        edges = EdgeList(graph)
        words = graph.tokenWords
        encoding = try LaplacianPositionalEncoding(graph).values
        identity = Array(0..<graph.parameters.count)
        var labels = EdgeLabels()
        reference = labels.graph(edges, values: identity)
        self.labels = labels
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
        let permuted = action.apply(toFlat: identity, graph.parameters)
        let width = LaplacianPositionalEncoding.width
        for (node, image) in nodes.enumerated() {
            guard words[node] == words[image] else { return false }
            guard encoding[(node * width)..<((node + 1) * width)] == encoding[(image * width)..<((image + 1) * width)]
            else { return false }
        }
        var labels = labels
        let found = labels.graph(edges, values: permuted)
        return LabelledEdge.areSame(found.edges(), reference.edges { nodes[$0] })
    }

    /// Whether an action is invisible to every network that passes messages along the edges and reads scalars off them:
    /// whether each scalar sees the same things as before, as far as messages reach. Decided by colour refinement.
    func isInvisible(_ action: TensorAction) -> Bool {
        var labels = labels
        var numbers: [[Float]: Int] = [:]
        let width = LaplacianPositionalEncoding.width
        let marks = words.indices.map { node -> Int in
            let mark = [Float(words[node])] + encoding[(node * width)..<((node + 1) * width)]
            let number = numbers[mark] ?? numbers.count
            numbers[mark] = number
            return number
        }
        let graphs = [identity, action.apply(toFlat: identity, graph.parameters)].map {
            labels.graph(edges, values: $0, marks: marks)
        }
        let colours = ColourRefinement(graphs, .incoming).colours
        return LabelledEdge.areSame(graphs[0].edges { colours[0][$0] }, graphs[1].edges { colours[1][$0] })
    }

    /// Graph → parameters is the identity: every scalar lies on an edge, all its copies carry its value, and their mean
    /// is that value.
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
                Failure(
                    proof: .graph, groups: [], parameter: entry.name,
                    expected: "every scalar to be read back from its edges",
                    found: "scalar \(scalar - entry.offset) on \(copies[scalar])")
            }
        }
    }
}
