/// Colour refinement of labelled graphs, all at once so that colours can be compared: two nodes get the same colour
/// only if they have the same mark and, for every label and colour, equally many edges with that label to neighbours of
/// that colour, for ever.
///
/// Source: Weisfeiler and Leman 1968.
struct ColourRefinement {
    enum Direction {
        /// Nodes see the edges that reach them, as in message passing.
        case incoming
        /// Nodes see all their edges, and which way they run.
        case both
    }

    /// Of each graph, a colour a node.
    private(set) var colours: [[Int]]
    private let neighbours: [[[(code: Int, node: Int)]]]

    /// - Parameter graphs: at least one; their labels and marks mean the same.
    init(_ graphs: [LabelledGraph], _ direction: Direction) {
        var numbers: [Int: Int] = [:]
        for mark in graphs.flatMap(\.marks) where numbers[mark] == nil { numbers[mark] = numbers.count }
        colours = graphs.map { $0.marks.map { numbers[$0]! } }
        neighbours = graphs.map { graph in
            var lists = [[(code: Int, node: Int)]](repeating: [], count: graph.nodeCount)
            for edge in graph.sources.indices {
                let (source, target, label) = (graph.sources[edge], graph.targets[edge], graph.labels[edge])
                lists[target].append((2 * label, source))
                if direction == .both { lists[source].append((2 * label + 1, target)) }
            }
            return lists
        }
        refine()
    }

    /// Refines until nothing changes.
    private mutating func refine() {
        let nodes = neighbours.reduce(0) { $0 + $1.count }
        var count = Set(colours.joined()).count
        while true {
            var numbers: [[Int]: Int] = [:]
            colours = zip(colours, neighbours).map { colours, neighbours in
                neighbours.indices.map { node in
                    let seen = neighbours[node].map { $0.code * nodes + colours[$0.node] }.sorted()
                    let signature = [colours[node]] + seen
                    let number = numbers[signature] ?? numbers.count
                    numbers[signature] = number
                    return number
                }
            }
            if numbers.count == count { return }
            count = numbers.count
        }
    }

    /// Gives one node of every graph a colour of its own, the same one, and refines.
    mutating func individualize(_ chosen: [Int]) {
        // Still below the number of nodes: some colour is shared, or there would be nothing to choose.
        let fresh = (colours.joined().max() ?? 0) + 1
        for (graph, node) in chosen.enumerated() { colours[graph][node] = fresh }
        refine()
    }
}
