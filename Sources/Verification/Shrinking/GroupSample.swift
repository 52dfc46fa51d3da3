import NeuralGraphs

/// What is tried of a large model that no smaller one stands in for.
struct GroupSample {
    /// Numbers of the groups, spread over all that move.
    let groups: [Int]
    let trials = 1
    /// Controls of each group.
    let controls: Int
    /// Elements to try before a control counts as missed, and how often weights and inputs are drawn anew for it.
    let draws, moreWeights: Int
    /// Whether single edges are looked at and nowcasts made.
    let looksAtEdges: Bool
    /// Whether a forward pass takes a good part of a second.
    let isHuge: Bool

    /// Edges that are still looked at one by one.
    private static let edgeLimit = 50_000
    /// Edges of a model whose forward pass takes a good part of a second.
    static let hugeLimit = 2_000_000

    init(_ subject: Subject, hugeLimit: Int = GroupSample.hugeLimit) {
        let edges = subject.graph.edgeCount
        isHuge = edges > hugeLimit
        (controls, draws, moreWeights) = isHuge ? (2, 2, 1) : (4, 3, 2)
        let moving = subject.claims.groups.indices.filter { subject.claims.groups[$0].moves }
        let count = min(isHuge ? 4 : 8, moving.count)
        // The first and the last are among them.
        groups = (0..<count).map { moving[count == 1 ? 0 : $0 * (moving.count - 1) / (count - 1)] }
        looksAtEdges = edges <= Self.edgeLimit
    }

    /// Half of them where most scalars move, which the model sees best; the others spread over the rest.
    func chosen(_ controls: [NegativeControl], scalars: (NegativeControl) -> Int) -> [NegativeControl] {
        guard controls.count > self.controls else { return controls }
        let order = controls.indices.sorted { (scalars(controls[$1]), $0) < (scalars(controls[$0]), $1) }
        let largest = Set(order.prefix((self.controls + 1) / 2))
        let rest = controls.indices.filter { !largest.contains($0) }
        let count = self.controls - largest.count
        let others = (0..<count).map { rest[($0 + 1) * (rest.count - 1) / count] }
        return (largest + others).sorted().map { controls[$0] }
    }
}
