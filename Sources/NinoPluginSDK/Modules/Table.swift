/// Rows of a learnt table: PyTorch's Embedding, position embeddings, a class token.
///
/// In the graph one node for each row, joined to all neurons of the stream.
public struct Table: Sendable {
    /// What the rows stand for.
    public enum Kind: Sendable {
        /// Tokens, told apart by position words.
        case vocabulary
        /// A few kinds of tokens.
        case tokenTypes
        /// Positions.
        case positions
        /// A token in front of every sequence.
        case classToken

        var hasWords: Bool { self == .vocabulary || self == .classToken }
        var edgeType: EdgeType { self == .positions ? .positionTable : .tokenTable }
    }

    let order: Int
    let name, parameter: String
    let kind: Kind
    let rows, stream: Axis
    private let rank: Int
    private let paddingIndex: Int?

    /// Declares `path.weight` `[rows, width]`.
    /// - Parameters:
    ///   - path: of the module.
    ///   - kind: what the rows stand for.
    ///   - rows: number of rows.
    ///   - stream: the neurons a row is added to.
    ///   - initialization: how it is drawn.
    ///   - paddingIndex: a row that gets no gradient as an input; nil for none.
    public init(
        _ path: Path, _ kind: Kind, rows: Int, to stream: Axis, _ initialization: Initialization,
        paddingIndex: Int? = nil
    ) {
        self.init(
            tensor: path / "weight", kind, [Axis(fixed: rows), stream], initialization, paddingIndex: paddingIndex)
    }

    /// Declares a table that is a tensor by itself, of any shape.
    /// - Parameters:
    ///   - path: its whole name.
    ///   - kind: what the rows stand for.
    ///   - axes: the last is the stream, those in front count the rows.
    ///   - initialization: how it is drawn.
    ///   - paddingIndex: a row that gets no gradient as an input; nil for none.
    public init(
        tensor path: Path, _ kind: Kind, _ axes: [Axis], _ initialization: Initialization, paddingIndex: Int? = nil
    ) {
        order = path.modules.declare(DeclaredTensor(path.name, .parameter(initialization), axes))
        (parameter, self.kind, rank) = (path.name, kind, axes.count)
        name = path.name.hasSuffix(".weight") ? String(path.name.dropLast(".weight".count)) : path.name
        rows = Axis(fixed: axes.dropLast().reduce(1) { $0 * $1.size })
        stream = axes[axes.count - 1]
        self.paddingIndex = paddingIndex
    }

    /// A row for every token: `[B, T]` → `[B, T, width]`.
    public func callAsFunction(_ tokens: Tokens) throws -> Neurons {
        switch tokens.reading {
        case .graph(let graph): try neurons(graph, positions: nil)
        case .trace(let forward, let ids):
            Neurons(forward, try forward.embedding(ids, table: parameter, paddingIndex: paddingIndex))
        }
    }

    /// A row for every position of a sequence, from the first: `[T, width]`.
    public func rows(for tokens: Tokens) throws -> Neurons {
        switch tokens.reading {
        case .graph(let graph): try neurons(graph, positions: nil)
        case .trace(let forward, let ids):
            Neurons(forward, try forward.slice(matrix(forward), axis: 0, 0..<forward.shape(ids)[1]))
        }
    }

    /// All rows: `[rows, width]`.
    public func all(_ net: Network) throws -> Neurons {
        switch net.reading {
        case .graph(let graph): try neurons(graph, positions: rows)
        case .trace(let forward): Neurons(forward, try matrix(forward))
        }
    }

    /// The first row: `[width]`.
    public func first(_ net: Network) throws -> Neurons {
        switch net.reading {
        case .graph(let graph): Neurons(graph, [try stage(graph)])
        case .trace(let forward):
            Neurons(forward, try forward.reshape(forward.slice(matrix(forward), axis: 0, 0..<1), [stream.size]))
        }
    }

    private func matrix(_ forward: ForwardBuilder) throws -> Value {
        let tensor = try forward.tensor(parameter)
        return rank == 2 ? tensor : try forward.reshape(tensor, [rows.size, stream.size])
    }

    private func neurons(_ graph: GraphReading, positions: Axis?) throws -> Neurons {
        Neurons(graph, [Stage("positions", positions), try stage(graph)])
    }

    private func stage(_ graph: GraphReading) throws -> Stage {
        let result = Stage(name, stream)
        graph.edges(.weight(order), from: try graph.rows(of: self), to: result) { builder, from, to in
            try builder.table(parameter, kind.edgeType, from: from, to: to)
        }
        return result
    }
}
