import NeuralGraphs

/// Chooses the edges along which messages pass, as the release's `edge_sample_ratio` does: a random share of all edges.
///
/// Each edge is in or out by itself, by a hash of the seed, its block and its number there; so any part of the graph
/// can be computed without a list of edges, and two layers of one nowcast see the same edges.
public struct EdgeSampler: Sendable, Equatable {
    public let ratio: Double
    public let seed: UInt64
    private let limit: UInt64

    /// - Parameter ratio: expected share of edges, above 0, at most 1.
    public init(ratio: Double, seed: UInt64) {
        precondition(ratio > 0 && ratio <= 1, "a share of \(ratio) of the edges")
        (self.ratio, self.seed) = (ratio, seed)
        limit = ratio == 1 ? UInt64.max : UInt64(ratio * 0x1p64)
    }

    /// - Parameters:
    ///   - block: index among the graph's edge blocks; their number for the self loops.
    ///   - edge: number in the block: `i·|to| + j`, of a fan `j`, of a self loop its node.
    public func includes(block: Int, edge: Int) -> Bool {
        // SplitMix64's finalizer (Steele, Lea and Flood 2014) over the three numbers.
        var z = seed &+ 0x9E37_79B9_7F4A_7C15 &* UInt64(truncatingIfNeeded: block + 1)
        z = Self.mix(z) ^ UInt64(truncatingIfNeeded: edge)
        return Self.mix(z &+ 0x9E37_79B9_7F4A_7C15) < limit
    }

    /// For every edge of a graph in its order, whether it is chosen.
    public func chosen(in graph: NeuralGraph) -> [Bool] {
        let blocks = graph.edgeBlocks.enumerated().flatMap { block, edges in
            (0..<graph.edgeCount(of: edges)).map { includes(block: block, edge: $0) }
        }
        return blocks + (0..<graph.nodeCount).map { includes(block: graph.edgeBlocks.count, edge: $0) }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
