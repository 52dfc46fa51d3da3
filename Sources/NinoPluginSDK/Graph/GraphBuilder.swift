import CNinoPlugin

/// A node block, as the host numbered it.
public struct Nodes: Sendable {
    let number: nino_nodes_t
    /// Number of nodes.
    public let count: Int
}

/// What edges stand for; numbered as the published NiNo weights know them.
public enum EdgeType: Int32, Sendable {
    /// A weight of a linear layer that no other case names; also gate, up and attention output.
    case linear = 1
    /// Any bias.
    case bias
    /// A convolution kernel.
    case convolution
    /// The weight of a norm.
    case norm
    /// A row of a token table, a class token.
    case tokenTable
    /// A row of a position table.
    case positionTable
    /// A query weight.
    case query
    /// A key weight; its edges are reversed.
    case key
    /// A value weight.
    case value
    /// A constant: a residual connection, a channel with its flattened units.
    case residual
    /// A constant: an attention head with its units.
    case head
}

/// How a weight matrix between two node blocks is stored.
public enum WeightLayout: Sendable {
    /// `[out, in, kernel…]`, as torch's Linear and Conv2d.
    case outFirst
    /// `[in, out]`, as GPT-2's Conv1D and every table `[row, stream]`.
    case inFirst
}

/// One level of an index: `extent` positions, `stride` scalars apart. Stride 0 makes copies of the same scalar.
public struct IndexLevel: Sendable {
    /// Number of positions.
    public let extent: Int
    /// Scalars from one position to the next.
    public let stride: Int

    /// `IndexLevel(4, stride: 8)`: four positions, eight scalars apart.
    public init(_ extent: Int, stride: Int) {
        self.extent = extent
        self.stride = stride
    }
}

/// Takes down the neural graph of a model. Valid during `construct` only.
public struct GraphBuilder {
    let table: UnsafePointer<nino_graph_builder_t>

    /// Most kernel elements one edge can carry: the slots of the published weights.
    public static let slotLimit = 9

    /// Adds nodes; their number and how the groups move them follow from the axis.
    public func nodes(_ name: String, _ axis: Axis = 1, isTokenTable: Bool = false) throws -> Nodes {
        let memory = BorrowedMemory()
        let copy = memory.array([memory.axis(axis)])
        var number: nino_nodes_t = -1
        var block = nino_node_block_t(
            name: memory.text(name), count: Int64(axis.size), axis: copy, is_token_table: isTokenTable ? 1 : 0)
        try check { table.pointee.add_nodes(table, &block, &number, $0) }
        withExtendedLifetime(memory) {}
        return Nodes(number: number, count: axis.size)
    }

    /// All pairs of two blocks through a weight matrix.
    /// - Parameters:
    ///   - parameter: its name.
    ///   - type: of the edges.
    ///   - from: the inputs.
    ///   - to: the outputs.
    ///   - layout: how the matrix is stored.
    ///   - kernel: scalars of one kernel (height × width); more than `slotLimit` are laid down as parallel blocks.
    public func dense(
        _ parameter: String, _ type: EdgeType, from: Nodes, to: Nodes, layout: WeightLayout = .outFirst, kernel: Int = 1
    ) throws {
        for first in stride(from: 0, to: kernel, by: Self.slotLimit) {
            let rows: [IndexLevel]
            let columns: [IndexLevel]
            switch layout {
            case .outFirst:
                (rows, columns) = (
                    [IndexLevel(from.count, stride: kernel)], [IndexLevel(to.count, stride: from.count * kernel)]
                )
            case .inFirst:
                (rows, columns) = (
                    [IndexLevel(from.count, stride: to.count * kernel)], [IndexLevel(to.count, stride: kernel)]
                )
            }
            try edges(
                parameter, type, from: from, to: to, offset: first, fromLevels: rows, toLevels: columns,
                slots: min(Self.slotLimit, kernel - first))
        }
    }

    /// A one-dimensional parameter from its own node to every node of a block.
    public func vector(_ parameter: String, _ type: EdgeType, from: Nodes, to: Nodes) throws {
        try edges(
            parameter, type, from: from, to: to, offset: 0, fromLevels: [IndexLevel(1, stride: 0)],
            toLevels: [IndexLevel(to.count, stride: 1)])
    }

    /// All pairs of two blocks with any address rule: edge (i, j) carries the scalars from `offset` + f(i) + g(j) on, f
    /// and g reading the index in the mixed radix of their levels, outermost first.
    public func edges(
        _ parameter: String, _ type: EdgeType, from: Nodes, to: Nodes, reversed: Bool = false,
        offset: Int, fromLevels: [IndexLevel], toLevels: [IndexLevel], slots: Int = 1
    ) throws {
        let memory = BorrowedMemory()
        func levels(_ list: [IndexLevel]) -> UnsafePointer<nino_index_level_t> {
            memory.array(list.map { nino_index_level_t(extent: Int64($0.extent), stride: Int64($0.stride)) })
        }
        try add(
            nino_edge_block_t(
                name: memory.text(parameter), type: type.rawValue, topology: NINO_ALL_PAIRS, from: from.number,
                to: to.number,
                reversed: reversed ? 1 : 0, parameter: memory.text(parameter), constant: 0, offset: Int64(offset),
                from_levels: levels(fromLevels), from_level_count: Int64(fromLevels.count),
                to_levels: levels(toLevels), to_level_count: Int64(toLevels.count), slots: Int64(slots)))
        withExtendedLifetime(memory) {}
    }

    /// Node j of `to` with node j / (|to| / |from|) of `from`, all carrying the constant 1: a residual connection, a
    /// channel with its flattened units, a head with its units.
    public func fan(_ name: String, _ type: EdgeType, from: Nodes, to: Nodes) throws {
        let memory = BorrowedMemory()
        try add(
            nino_edge_block_t(
                name: memory.text(name), type: type.rawValue, topology: NINO_FAN, from: from.number, to: to.number,
                reversed: 0,
                parameter: nil, constant: 1, offset: 0, from_levels: nil, from_level_count: 0, to_levels: nil,
                to_level_count: 0, slots: 1))
        withExtendedLifetime(memory) {}
    }

    private func add(_ block: nino_edge_block_t) throws {
        var block = block
        try check { table.pointee.add_edges(table, &block, $0) }
    }
}
