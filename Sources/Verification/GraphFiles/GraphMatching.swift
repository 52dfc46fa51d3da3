import NeuralGraphs

/// A search for a relabelling of nodes that carries one labelled graph onto another, edge by edge.
///
/// Exact: colour refinement of both graphs together, then a choice among nodes that look alike, with backtracking.
/// Edges whose labels are all different leave no choice; copies and constants may.
struct GraphMatching {
    /// Refinements before the search is given up. Graphs with labels take a handful.
    private static let budget = 5_000

    private let graphs: [LabelledGraph]
    private var refinements = 0

    /// - Returns: for each node of `a` its image in `b`; nil if there is no such relabelling.
    /// - Throws: `VerificationError.undecided` for graphs of too many nodes that look alike.
    static func images(of a: LabelledGraph, in b: LabelledGraph) throws(VerificationError) -> [Int]? {
        guard a.nodeCount == b.nodeCount, a.labels.count == b.labels.count else { return nil }
        var matching = GraphMatching(graphs: [a, b])
        return try matching.search(ColourRefinement([a, b], .both))
    }

    private init(graphs: [LabelledGraph]) {
        self.graphs = graphs
    }

    private mutating func search(_ refinement: ColourRefinement) throws(VerificationError) -> [Int]? {
        refinements += 1
        guard refinements < Self.budget else { throw .undecided(nodes: graphs[0].nodeCount) }
        let cells = refinement.colours.map { colours in
            Dictionary(grouping: colours.indices, by: { colours[$0] })
        }
        // A relabelling keeps colours, so each must be as frequent in both graphs.
        guard cells[0].count == cells[1].count, cells[0].allSatisfy({ cells[1][$0]?.count == $1.count }) else {
            return nil
        }
        let shared = cells[0].filter { $1.count > 1 }.min { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        guard let shared else {
            let images = refinement.colours[0].map { cells[1][$0]![0] }
            return LabelledEdge.areSame(graphs[0].edges { images[$0] }, graphs[1].edges()) ? images : nil
        }
        for candidate in cells[1][shared.key]! {
            var next = refinement
            next.individualize([shared.value[0], candidate])
            if let images = try search(next) { return images }
        }
        return nil
    }
}
