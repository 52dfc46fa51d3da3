/// The coarsest partition of a graph's nodes into cells such that any two nodes of a cell have equally many neighbours
/// in every cell. Source: neural-graphs.md 8.1 (2).
///
/// Cells are numbered by their lowest node.
public struct EquitablePartition: Sendable, Equatable {
    /// Nodes in each cell.
    public let sizes: [Int]
    /// `neighbours[a][b]`: how many neighbours in cell b a node of cell a has; cells without any are left out.
    public let neighbours: [[Int: Int]]
    /// Lowest node of each cell, rising.
    public let lowestNodes: [Int]
    /// Runs of nodes in node order, with their cell; they cover all nodes.
    public let runs: [(nodes: Range<Int>, cell: Int)]

    public static func == (a: Self, b: Self) -> Bool {
        a.sizes == b.sizes && a.neighbours == b.neighbours && a.lowestNodes == b.lowestNodes
            && a.cellOfNode == b.cellOfNode
    }

    /// Cell of each node.
    public var cellOfNode: [Int] { runs.flatMap { run in run.nodes.map { _ in run.cell } } }

    /// From units (node blocks, or single nodes) that are themselves equitable, each with its neighbour counts by unit.
    init(units: [Range<Int>], neighbours: [[Int: Int]]) {
        let cells = PartitionRefinement.cells(neighbours)
        let cellCount = (cells.max() ?? -1) + 1
        var sizes = [Int](repeating: 0, count: cellCount)
        var lowest = [Int](repeating: -1, count: cellCount)
        var counts = [[Int: Int]](repeating: [:], count: cellCount)
        for (unit, cell) in cells.enumerated() {
            sizes[cell] += units[unit].count
            guard lowest[cell] < 0 else { continue }
            lowest[cell] = units[unit].lowerBound
            for (other, count) in neighbours[unit] { counts[cell][cells[other], default: 0] += count }
        }
        self.sizes = sizes
        self.neighbours = counts
        self.lowestNodes = lowest
        self.runs = zip(units, cells).map { (nodes: $0, cell: $1) }
    }
}

extension EquitablePartition {
    /// Of a graph in block form, without looking at single nodes: every topology joins whole blocks, so every node of a
    /// block has equally many neighbours in every block. Source: neural-graphs.md 8.2.
    public init(_ graph: NeuralGraph) {
        let blocks = graph.nodeBlocks
        var neighbours = [[Int: Int]](repeating: [:], count: blocks.count)
        // Several edge blocks between the same two node blocks lay edges on the same pairs, or one on a part of the
        // other's (a fan beside all pairs): the larger count is that of the simple graph.
        func join(_ a: Int, _ b: Int, _ count: Int) {
            if count > 0 { neighbours[a][b] = max(neighbours[a][b] ?? 0, count) }
        }
        for edges in graph.edgeBlocks {
            let (from, to) = (edges.from, edges.to)
            switch edges.topology {
            case .allPairs where from == to: join(from, from, blocks[from].count - 1)
            case .allPairs:
                join(from, to, blocks[to].count)
                join(to, from, blocks[from].count)
            case .fan:
                join(from, to, blocks[to].count / blocks[from].count)
                join(to, from, 1)
            case .groups(let count):
                join(from, to, blocks[to].count / count)
                join(to, from, blocks[from].count / count)
            }
        }
        self.init(units: blocks.map(\.nodes), neighbours: neighbours)
    }

    /// Of any graph, node by node.
    ///
    /// - Complexity: O(edges) memory; meant for small graphs and as a check of the block form.
    public init(_ edges: EdgeList) {
        var neighbours = [[Int: Int]](repeating: [:], count: edges.nodeCount)
        for (source, target) in zip(edges.sources, edges.targets) where source != target {
            neighbours[source][target] = 1
            neighbours[target][source] = 1
        }
        self.init(units: (0..<edges.nodeCount).map { $0..<($0 + 1) }, neighbours: neighbours)
    }
}
