import NeuralGraphs

/// What is tried of a large model that no smaller one stands in for.
struct GroupSample {
    /// Numbers of the groups, spread over all that move.
    let groups: [Int]
    let trials = 1
    /// Controls of each group.
    let controls = 4
    /// Whether single edges are looked at and nowcasts made.
    let looksAtEdges: Bool

    private static let groupLimit = 8
    /// Edges that are still looked at one by one.
    private static let edgeLimit = 150_000

    init(_ subject: Subject) {
        let moving = subject.claims.groups.indices.filter { subject.claims.groups[$0].moves }
        let count = min(Self.groupLimit, moving.count)
        // The first and the last are among them.
        groups = (0..<count).map { moving[count == 1 ? 0 : $0 * (moving.count - 1) / (count - 1)] }
        looksAtEdges = subject.graph.edgeCount <= Self.edgeLimit
    }
}
