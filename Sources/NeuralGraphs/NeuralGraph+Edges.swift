/// One edge, as the arrays of a graph file describe it.
public struct Edge: Sendable, Equatable {
    public let source: Int
    public let target: Int
    public let type: EdgeType
    /// Index of the first scalar in the flat parameter vector; −1 for a constant.
    public let parameterScalar: Int
    /// Consecutive scalars on the edge; 1 for a constant.
    public let slots: Int
}

extension NeuralGraph {
    /// Calls `body` for every edge: the blocks in order, then the self loops. Source: neural-graphs.md 1.
    ///
    /// - Complexity: O(edges) time, O(largest node block) memory.
    public func forEachEdge<Failure: Error>(_ body: (Edge) throws(Failure) -> Void) throws(Failure) {
        for block in edgeBlocks { try forEachEdge(of: block, body) }
        for node in 0..<nodeCount {
            try body(Edge(source: node, target: node, type: .selfLoop, parameterScalar: -1, slots: 1))
        }
    }

    private func forEachEdge<Failure: Error>(of block: EdgeBlock, _ body: (Edge) throws(Failure) -> Void)
        throws(Failure)
    {
        let (from, to) = (nodeBlocks[block.from], nodeBlocks[block.to])
        let scalars = ScalarTable(block, in: self)
        func edge(_ i: Int, _ j: Int) -> Edge {
            let (source, target) = block.reversed ? (to.first + j, from.first + i) : (from.first + i, to.first + j)
            return Edge(
                source: source, target: target, type: block.type, parameterScalar: scalars.scalar(i, j),
                slots: scalars.slots)
        }
        switch block.topology {
        case .allPairs:
            for i in 0..<from.count {
                for j in 0..<to.count { try body(edge(i, j)) }
            }
        case .fan:
            let width = to.count / from.count
            for j in 0..<to.count { try body(edge(j / width, j)) }
        case .groups(let count):
            let width = to.count / count
            for i in 0..<from.count {
                let group = i / (from.count / count)
                for j in (group * width)..<((group + 1) * width) { try body(edge(i, j)) }
            }
        }
    }

    /// `pos_w`: 1 + row for the nodes of a token table, 0 elsewhere; one number a node. Source: neural-graphs.md 8.
    public var tokenWords: [Int] {
        nodeBlocks.flatMap { block in (0..<block.count).map { block.isTokenTable ? $0 + 1 : 0 } }
    }
}

/// Scalars of a block's edges in the flat parameter vector, from one table a side.
private struct ScalarTable {
    let base: Int
    let from: [Int]
    let to: [Int]
    let slots: Int

    init(_ block: EdgeBlock, in graph: NeuralGraph) {
        switch block.values {
        case .constant:
            (base, from, to, slots) = (-1, [], [], 1)
        case .parameter(let rule):
            base = graph.parameters.entries[rule.parameter].offset + rule.offset
            from = block.topology == .fan ? [] : AddressRule.addresses(of: rule.from)
            to = AddressRule.addresses(of: rule.to)
            slots = rule.slots
        }
    }

    func scalar(_ i: Int, _ j: Int) -> Int {
        base < 0 ? -1 : base + (from.isEmpty ? 0 : from[i % from.count]) + to[j]
    }
}
