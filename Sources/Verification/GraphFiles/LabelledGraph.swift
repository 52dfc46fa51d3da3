import NeuralGraphs

/// A graph whose every edge has a label: its type, and the scalars on it.
struct LabelledGraph {
    let sources: [Int]
    let targets: [Int]
    let labels: [Int]
    /// What is known of each node beforehand; equal numbers for nodes that look alike.
    var marks: [Int]

    var nodeCount: Int { marks.count }

    /// Its edges, under other names for its nodes.
    func edges(_ end: (Int) -> Int = { $0 }) -> [LabelledEdge] {
        labels.indices.map { LabelledEdge(label: labels[$0], source: end(sources[$0]), target: end(targets[$0])) }
    }
}

/// One edge of a labelled graph.
struct LabelledEdge: Hashable, Comparable {
    let label: Int
    let source: Int
    let target: Int

    static func < (a: Self, b: Self) -> Bool { (a.label, a.source, a.target) < (b.label, b.source, b.target) }

    /// Whether two lists hold the same edges, in whatever order, each as often.
    static func areSame(_ a: [LabelledEdge], _ b: [LabelledEdge]) -> Bool {
        func sum(_ edges: [LabelledEdge]) -> Int { edges.reduce(0) { $0 &+ $1.hashValue } }
        // Equal lists have equal sums of hashes; only then is it worth sorting.
        return sum(a) == sum(b) && a.sorted() == b.sorted()
    }
}

/// Numbers labels the same way in several graphs, so that they can be compared.
struct EdgeLabels {
    private struct Label: Hashable {
        let type: Int
        /// Empty for a constant, which the type tells.
        let scalars: [Int]
    }

    private var numbers: [Label: Int] = [:]

    /// - Parameters:
    ///   - values: of the flat vector; scalar s carries the number `values[s]`.
    ///   - isLeftOut: of the number of an edge.
    mutating func graph(
        _ edges: EdgeList, values: [Int], marks: [Int]? = nil, leavingOut isLeftOut: (Int) -> Bool = { _ in false }
    ) -> LabelledGraph {
        let kept = edges.sources.indices.filter { !isLeftOut($0) }
        let labels = kept.map { edge -> Int in
            let first = edges.parameterScalars[edge]
            let scalars = first < 0 ? [] : Array(values[first..<(first + edges.slots[edge])])
            let label = Label(type: edges.types[edge], scalars: scalars)
            let number = numbers[label] ?? numbers.count
            numbers[label] = number
            return number
        }
        return LabelledGraph(
            sources: kept.map { edges.sources[$0] }, targets: kept.map { edges.targets[$0] }, labels: labels,
            marks: marks ?? Array(repeating: 0, count: edges.nodeCount))
    }
}
