/// What an edge stands for; the numbers are those of the published NiNo weights.
public enum EdgeType: Int, Sendable, CaseIterable {
    case linear = 1
    case bias = 2
    case convolution = 3
    case norm = 4
    case tokenTable = 5
    case positionTable = 6
    case query = 7
    case key = 8
    case value = 9
    case residual = 10
    case head = 11
    case selfLoop = 13
}

/// Consecutive nodes that stand for the same kind of thing.
public struct NodeBlock: Sendable, Equatable {
    public let name: String
    /// Number of the first node.
    public let first: Int
    public let count: Int
    /// How the model's groups permute these nodes; nil when nothing is claimed.
    public let axis: Axis?
    /// True for the rows of a token table: node i of the block is word i + 1 to checkpoints with word positions.
    public let isTokenTable: Bool

    public init(name: String, first: Int, count: Int, axis: Axis? = nil, isTokenTable: Bool = false) {
        self.name = name
        self.first = first
        self.count = count
        self.axis = axis
        self.isTokenTable = isTokenTable
    }

    public var nodes: Range<Int> { first..<(first + count) }
}

/// Which pairs of nodes an edge block joins.
public enum Topology: Sendable, Equatable {
    /// Every node of `from` with every node of `to`; edge `i·|to| + j` joins i and j.
    case allPairs
    /// Node j of `to` with node `j div width` of `from`, where width = |to| / |from|; edge j.
    /// Width 1 is a diagonal, width > 1 joins a head to its units or a channel to its flattened units.
    case fan
    /// Both blocks fall into so many runs of equal length, and every node of a run of `from` is joined with every node
    /// of the same run of `to`; edge `i·m + j mod m` joins i and j, where m is the length of a run of `to`. So are the
    /// groups of a convolution.
    case groups(Int)

    /// Without numbers.
    public var name: String {
        switch self {
        case .allPairs: "allPairs"
        case .fan: "fan"
        case .groups: "groups"
        }
    }
}

/// One level of an index: `extent` positions, each `stride` scalars apart (0: copies of the same scalar).
public struct IndexLevel: Sendable, Equatable {
    public let extent: Int
    public let stride: Int

    public init(extent: Int, stride: Int) {
        self.extent = extent
        self.stride = stride
    }
}

/// Where in its parameter the scalars of an edge lie.
///
/// Edge (i, j) holds scalars `offset + f(i) + g(j) + 0 ..< slots` of the tensor, where f and g write the index in the
/// mixed radix of the levels (outermost first) and sum digit × stride. Source: neural-graphs.md 1.2.
public struct AddressRule: Sendable, Equatable {
    /// Index in the graph's parameter list.
    public let parameter: Int
    /// First scalar, counted from the start of the tensor.
    public let offset: Int
    /// Levels of the index in `from`; their extents multiply to |from|, for groups to the length of one. Empty for a
    /// fan.
    public let from: [IndexLevel]
    /// Levels of the index in `to`; their extents multiply to |to|.
    public let to: [IndexLevel]
    /// Consecutive scalars on each edge: kernel elements, else 1.
    public let slots: Int

    public init(parameter: Int, offset: Int, from: [IndexLevel], to: [IndexLevel], slots: Int) {
        self.parameter = parameter
        self.offset = offset
        self.from = from
        self.to = to
        self.slots = slots
    }
}

/// What the edges of a block carry.
public enum EdgeValues: Sendable, Equatable {
    case parameter(AddressRule)
    /// The same number in slot 0 in every state, unscaled; its prediction is thrown away.
    case constant(Float)
}

/// Edges between two node blocks, of one type, numbered consecutively.
public struct EdgeBlock: Sendable, Equatable {
    public let name: String
    public let type: EdgeType
    public let topology: Topology
    /// Index of the node block that supplies i.
    public let from: Int
    /// Index of the node block that supplies j.
    public let to: Int
    /// If true, messages run from `to` to `from` (numbering unchanged).
    public let reversed: Bool
    public let values: EdgeValues

    public init(
        name: String, type: EdgeType, topology: Topology, from: Int, to: Int, reversed: Bool = false, values: EdgeValues
    ) {
        self.name = name
        self.type = type
        self.topology = topology
        self.from = from
        self.to = to
        self.reversed = reversed
        self.values = values
    }
}

/// A network as a graph: nodes are neurons, edges are weights; both in blocks, so nothing of size E is stored.
///
/// After the last block come N self loops (type 13, constant 2) in node order; they are implied, not listed.
/// Every value of this type has passed the structural checks of `NeuralGraph+Validation.swift`.
public struct NeuralGraph: Sendable {
    public let groups: [PermutationGroup]
    public let parameters: ParameterList
    public let nodeBlocks: [NodeBlock]
    public let edgeBlocks: [EdgeBlock]

    public static let selfLoopValue: Float = 2
    /// What residual and head edges carry.
    public static let auxiliaryValue: Float = 1

    /// Checks everything it is told before use, so it may come from a plugin.
    ///
    /// - Throws: the first rule broken, naming the block or parameter.
    /// - Complexity: O(blocks), plus O(b²) for a tensor shared by b blocks; independent of the number of edges.
    public init(groups: [PermutationGroup], parameters: ParameterList, nodeBlocks: [NodeBlock], edgeBlocks: [EdgeBlock])
        throws(NeuralGraphError)
    {
        self.groups = groups
        self.parameters = parameters
        self.nodeBlocks = nodeBlocks
        self.edgeBlocks = edgeBlocks
        try checkGroups()
        try checkNodeBlocks()
        try checkEdgeBlocks()
        try checkEveryNodeIsJoined()
        try checkEveryScalarIsOnAnEdge()
    }

    public var nodeCount: Int { nodeBlocks.last.map { $0.first + $0.count } ?? 0 }

    /// Number of edges, self loops included.
    public var edgeCount: Int { edgeBlocks.reduce(nodeCount) { $0 + edgeCount(of: $1) } }

    public func edgeCount(of block: EdgeBlock) -> Int {
        switch block.topology {
        case .allPairs: nodeBlocks[block.from].count * nodeBlocks[block.to].count
        case .fan: nodeBlocks[block.to].count
        case .groups(let count): nodeBlocks[block.from].count / count * nodeBlocks[block.to].count
        }
    }

    /// How many nodes of `from` each node of `to` is joined with.
    public func partners(of block: EdgeBlock) -> Int {
        switch block.topology {
        case .allPairs: nodeBlocks[block.from].count
        case .fan: 1
        case .groups(let count): nodeBlocks[block.from].count / count
        }
    }

    /// F: the largest number of scalars on one edge, at least 1.
    public var slotCount: Int {
        edgeBlocks.reduce(1) { largest, block in
            if case .parameter(let rule) = block.values { max(largest, rule.slots) } else { largest }
        }
    }
}
