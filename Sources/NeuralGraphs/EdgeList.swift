/// A graph edge by edge: for small graphs, and for graphs read from a file.
///
/// Edge e runs `sources[e]` → `targets[e]`. It carries `slots[e]` consecutive scalars of the flat parameter vector from
/// `parameterScalars[e]` on, or the constant of its type if that is −1. Source: neural-graphs.md 1.1.
public struct EdgeList: Sendable, Equatable {
    public let nodeCount: Int
    public let sources: [Int]
    public let targets: [Int]
    /// Row of the network's edge-type table.
    public let types: [Int]
    /// Index of the first scalar in the flat parameter vector; −1: none.
    public let parameterScalars: [Int]
    public let slots: [Int]

    /// Number of edge types the network has rows for.
    public static let typeCount = 15
    /// Scalars on one edge: those of a kernel of 32 x 32. Memory grows with the most on any edge.
    public static let mostSlots = 1024

    /// - Parameter parameterCount: number of scalars in the flat parameter vector.
    /// - Throws: an array of another length, or an edge with an index outside what it names.
    public init(
        nodeCount: Int, sources: [Int], targets: [Int], types: [Int], parameterScalars: [Int], slots: [Int],
        parameterCount: Int
    ) throws(NeuralGraphError) {
        precondition(nodeCount >= 0 && parameterCount >= 0, "\(nodeCount) nodes, \(parameterCount) parameters")
        let named = [
            ("edge_index", targets), ("edge_type", types), ("edge_param", parameterScalars), ("edge_slots", slots),
        ]
        for (name, array) in named where array.count != sources.count {
            throw .edgeArrayLength(array: name, expected: sources.count, found: array.count)
        }
        for edge in sources.indices {
            for node in [sources[edge], targets[edge]] where !(0..<nodeCount).contains(node) {
                throw .edgeNode(edge: edge, expectedBelow: nodeCount, found: node)
            }
            guard (0..<Self.typeCount).contains(types[edge]) else {
                throw .edgeTypeUnknown(edge: edge, expectedBelow: Self.typeCount, found: types[edge])
            }
            let scalar = parameterScalars[edge]
            let mostSlots = scalar == -1 ? 1 : Self.mostSlots
            guard (1...mostSlots).contains(slots[edge]) else {
                throw .edgeSlots(edge: edge, expectedAtMost: mostSlots, found: slots[edge])
            }
            guard scalar >= -1, scalar == -1 || slots[edge] <= parameterCount - scalar else {
                throw .edgeScalar(edge: edge, expectedBelow: parameterCount, found: scalar)
            }
        }
        (self.nodeCount, self.sources, self.targets) = (nodeCount, sources, targets)
        (self.types, self.parameterScalars, self.slots) = (types, parameterScalars, slots)
    }

    /// Every edge of a graph in block form, in its order.
    ///
    /// - Complexity: O(edges) memory; meant for small graphs.
    public init(_ graph: NeuralGraph) {
        var (sources, targets, types, scalars, slots) = ([Int](), [Int](), [Int](), [Int](), [Int]())
        graph.forEachEdge { edge in
            sources.append(edge.source)
            targets.append(edge.target)
            types.append(edge.type.rawValue)
            scalars.append(edge.parameterScalar)
            slots.append(edge.slots)
        }
        self.nodeCount = graph.nodeCount
        (self.sources, self.targets, self.types, self.parameterScalars, self.slots) = (
            sources, targets, types, scalars, slots
        )
    }

    public var count: Int { sources.count }

    /// F: the largest number of scalars on one edge, at least 1.
    public var slotCount: Int { slots.max() ?? 1 }

    /// The constant in slot 0 of an edge without parameter. Source: neural-graphs.md 1.1.
    public func constant(of edge: Int) -> Float {
        types[edge] == EdgeType.selfLoop.rawValue ? NeuralGraph.selfLoopValue : NeuralGraph.auxiliaryValue
    }
}
