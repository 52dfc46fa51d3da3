/// Takes down the neural graph while the modules are called: nodes in the order of the calls, edges for the end, where
/// they are laid in the order in which their modules were declared.
final class GraphReading {
    /// Where edges stand: behind all modules declared before, and among the edges of their own module.
    struct Place: Comparable {
        let module: Int
        let part: Int

        static func < (a: Place, b: Place) -> Bool { (a.module, a.part) < (b.module, b.part) }

        /// Before a module's weight: the residual connection past it, the channels of a flatten it reads.
        static func before(_ module: Int) -> Place { Place(module: module, part: -1) }
        static func weight(_ module: Int) -> Place { Place(module: module, part: 0) }
        static func bias(_ module: Int) -> Place { Place(module: module, part: 1) }
    }

    private let builder: GraphBuilder
    private var edges: [(place: Place, from: Stage?, to: Stage, lay: (GraphBuilder) throws -> Void)] = []
    private var ahead: [String: Nodes] = [:]
    private var tables: [Int: Stage] = [:]
    /// The module whose edges were taken down last.
    private var latest = 0

    init(_ builder: GraphBuilder) {
        self.builder = builder
    }

    // MARK: Nodes

    /// Lays down what makes the neurons of a stage, but not the stage.
    func settle(_ stage: Stage) throws {
        let stage = stage.current
        guard let pending = stage.pending else { return }
        stage.pending = nil
        try number(pending.input)
        pending.edges(self, pending.input, stage)
        for vector in [pending.bias].compactMap({ $0 }) + pending.norms { try lay(vector, to: stage) }
    }

    /// Numbers the nodes of a stage, if they are not yet: a weight reads them.
    func number(_ stage: Stage) throws {
        let stage = stage.current
        try settle(stage)
        guard stage.nodes == nil else { return }
        if let channels = stage.unflattened { try number(channels) }
        guard let axis = stage.axis else {
            throw PluginError(status: NINO_FAILED, message: "\(stage.name): how many neurons there are is not known")
        }
        stage.nodes = try builder.nodes(stage.name, axis)
    }

    /// Numbers the node of a vector here, ahead of the call that lays its edges.
    func numberAhead(_ parameter: String) throws {
        ahead[parameter] = try builder.nodes(parameter)
    }

    /// The node of a vector.
    func node(of vector: Stage.Vector) throws -> Nodes {
        try ahead.removeValue(forKey: vector.parameter) ?? builder.nodes(vector.name)
    }

    /// The rows of a table, numbered at its first use.
    func rows(of table: Table) throws -> Stage {
        if let rows = tables[table.order] { return rows }
        let rows = Stage("\(table.name) rows", table.rows)
        rows.nodes = try builder.nodes(rows.name, table.rows, isTokenTable: table.kind.hasWords)
        tables[table.order] = rows
        return rows
    }

    // MARK: Edges

    /// Edges between two stages, laid when both are numbered.
    func edges(_ place: Place, from: Stage, to: Stage, _ lay: @escaping (GraphBuilder, Nodes, Nodes) throws -> Void) {
        if to.current.writer == nil { to.current.writer = place.module }
        latest = place.module
        edges.append((place, from, to, { try lay($0, from.current.nodes!, to.current.nodes!) }))
    }

    /// A vector from a node of its own.
    func lay(_ vector: Stage.Vector, to stage: Stage) throws {
        lay(vector, from: try node(of: vector), to: stage)
    }

    func lay(_ vector: Stage.Vector, from node: Nodes, to stage: Stage, levels: [IndexLevel]? = nil) {
        edges.append(
            (
                vector.place, nil, stage,
                { builder in
                    let nodes = stage.current.nodes!
                    let repeated = [
                        IndexLevel(nodes.count / vector.count, stride: 0), IndexLevel(vector.count, stride: 1),
                    ]
                    try builder.edges(
                        vector.parameter, vector.type, from: node, to: nodes, offset: vector.offset,
                        fromLevels: [IndexLevel(1, stride: 0)], toLevels: levels ?? repeated)
                }
            ))
    }

    /// Constant edges: a residual connection, the heads of units, the channels of flattened units.
    func fan(_ place: Place, _ name: String, _ type: EdgeType, from: Stage, to: Stage) {
        edges.append((place, from, to, { try $0.fan(name, type, from: from.current.nodes!, to: to.current.nodes!) }))
    }

    /// Lays all edges, in the order of declaration.
    func finish() throws {
        for edge in edges { try number(edge.to) }
        let order = edges.indices.sorted { (edges[$0].place, $0) < (edges[$1].place, $1) }
        for index in order { try edges[index].lay(builder) }
    }

    // MARK: Sums and products

    /// The neurons of a sum or product. Those nobody has read yet become one; from those a weight has read a residual
    /// connection leads on.
    func join(_ first: Stage, _ second: Stage) throws -> Stage {
        let (a, b) = (first.current, second.current)
        if a === b { return a }
        try settle(a)
        try settle(b)
        guard let size = a.axis?.size, let other = b.axis?.size else { return try joinUnknown(a, b) }
        guard size == other else {
            throw PluginError(
                status: NINO_FAILED, message: "\(a.name), \(size) neurons, and \(b.name), \(other): expected as many")
        }
        let isRead = a.nodes != nil || b.nodes != nil
        let fresh = a.nodes == nil ? a : b
        let axis = a.axis!.groups.isEmpty ? b.axis : a.axis
        let sum = Stage(isRead ? "stream after \(fresh.name)" : a.name, axis)
        sum.writer = [a, b].filter { $0.nodes == nil }.compactMap(\.writer).min()
        for term in [a, b] {
            if term.nodes == nil {
                term.merge(into: sum)
            } else {
                fan(.before(sum.writer ?? latest), "\(fresh.name) residual", .residual, from: term, to: sum)
            }
        }
        return sum
    }

    /// One of the two has no size yet, so that nothing has read it.
    private func joinUnknown(_ a: Stage, _ b: Stage) throws -> Stage {
        let (known, unknown) = a.axis == nil ? (b, a) : (a, b)
        unknown.merge(into: known)
        return known
    }
}
