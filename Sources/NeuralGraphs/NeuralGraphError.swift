/// What can be wrong with a neural graph, one case a rule.
///
/// `block` is the name of a node or edge block, `parameter` that of a tensor as in the checkpoint.
public enum NeuralGraphError: Error, Equatable, Sendable {
    // Parameters and groups.
    case duplicateParameter(name: String)
    /// A dimension below 1, or more scalars than fit in a machine integer.
    case parameterShape(name: String, found: [Int])
    case duplicateGroup(name: String)
    case groupSize(name: String, found: Int)
    /// A group may depend only on groups before it.
    case groupDependency(name: String, expectedBelow: Int, found: Int)

    // Node blocks.
    case noNodes
    case nodeBlockSize(block: String, found: Int)
    /// Blocks follow one another without gap or overlap.
    case nodeBlockStart(block: String, expected: Int, found: Int)
    case tooManyNodes(block: String, limit: Int)
    case axisGroup(block: String, expectedBelow: Int, found: Int)
    case axisSize(block: String, expected: Int, found: Int)
    /// No edge but the self loops touches these nodes.
    case isolatedNodes(block: String)

    // Edge blocks.
    case nodeBlockIndex(block: String, expectedBelow: Int, found: Int)
    /// The nodes of `to` must be a whole multiple of those of `from`.
    case fanWidth(block: String, from: Int, to: Int)
    /// Both blocks must be whole multiples of the number of groups.
    case groupCount(block: String, from: Int, to: Int, found: Int)
    case fanOntoItself(block: String)
    case reversedFan(block: String)
    /// Self loops are implied and never listed.
    case listedSelfLoops(block: String)
    case constantOnParameterType(block: String, type: EdgeType)
    case constantValue(block: String, expected: Float, found: Float)
    case parameterOnAuxiliaryType(block: String, type: EdgeType)
    case tooManyEdges(block: String)

    // Address rules.
    case parameterIndex(block: String, expectedBelow: Int, found: Int)
    case slotCount(block: String, found: Int)
    case levelExtent(block: String, found: Int)
    case levelStride(block: String, found: Int)
    case levelProduct(block: String, side: String, expected: Int, found: Int)
    case addressOutside(block: String, parameter: String, expectedBelow: Int, found: Int)
    case scalarOnNoEdge(parameter: String, scalar: Int)
    /// The strides of the blocks that share this tensor follow no common pattern.
    case coverageUnproven(parameter: String)

    // Edge lists, as read from a file.
    case edgeArrayLength(array: String, expected: Int, found: Int)
    case edgeNode(edge: Int, expectedBelow: Int, found: Int)
    case edgeTypeUnknown(edge: Int, expectedBelow: Int, found: Int)
    /// An edge without scalars has one.
    case edgeSlots(edge: Int, expectedAtMost: Int, found: Int)
    case edgeScalar(edge: Int, expectedBelow: Int, found: Int)

    // Layers.
    /// No repeated layers, or one without a residual connection.
    case noLayers
    case parameterInTwoLayers(name: String)

    /// The eigensolver did not converge on the quotient graph.
    case eigenvectors(cells: Int)
    /// Of a positional encoding, whose numbers no memory would hold.
    case encodingNodes(expectedAtMost: Int, found: Int)
}

extension NeuralGraphError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noLayers:
            "graph: expected repeated layers with residual connections, found none; only such a graph can be cut into "
                + "layers"
        case .parameterInTwoLayers(let name):
            "parameter \(name): lies on edges of two layers; the graph cannot be cut between them"
        case .duplicateParameter(let name): "parameter \(name): name given twice"
        case .parameterShape(let name, let found):
            "parameter \(name): dimensions must be positive and fit in memory, found \(found)"
        case .duplicateGroup(let name): "group \(name): name given twice"
        case .groupSize(let name, let found): "group \(name): size must be positive, found \(found)"
        case .groupDependency(let name, let limit, let found):
            "group \(name): depends on group \(found), expected an index in 0..<\(limit)"
        case .noNodes: "graph: has no node blocks"
        case .nodeBlockSize(let block, let found): "node block \(block): size must be positive, found \(found)"
        case .nodeBlockStart(let block, let expected, let found):
            "node block \(block): expected to start at node \(expected), found \(found)"
        case .tooManyNodes(let block, let limit): "node block \(block): takes the graph beyond \(limit) nodes"
        case .axisGroup(let block, let limit, let found):
            "node block \(block): axis names group \(found), expected an index in 0..<\(limit)"
        case .axisSize(let block, let expected, let found):
            "node block \(block): axis must have \(expected) positions, found \(found)"
        case .isolatedNodes(let block): "node block \(block): no edge touches its nodes"
        case .nodeBlockIndex(let block, let limit, let found):
            "edge block \(block): node block \(found) expected in 0..<\(limit)"
        case .fanWidth(let block, let from, let to):
            "edge block \(block): a fan needs a whole multiple of \(from) target nodes, found \(to)"
        case .groupCount(let block, let from, let to, let found):
            "edge block \(block): \(found) groups do not divide \(from) nodes joined with \(to)"
        case .fanOntoItself(let block): "edge block \(block): a fan or groups must join two different node blocks"
        case .reversedFan(let block): "edge block \(block): only blocks of all pairs may be reversed"
        case .listedSelfLoops(let block): "edge block \(block): self loops are implied and must not be listed"
        case .constantOnParameterType(let block, let type):
            "edge block \(block): constants are for residual and head edges, found type \(type)"
        case .constantValue(let block, let expected, let found):
            "edge block \(block): constant must be \(expected), found \(found)"
        case .parameterOnAuxiliaryType(let block, let type):
            "edge block \(block): type \(type) carries a constant, found a parameter"
        case .tooManyEdges(let block): "edge block \(block): number of edges overflows"
        case .parameterIndex(let block, let limit, let found):
            "edge block \(block): parameter \(found) expected in 0..<\(limit)"
        case .slotCount(let block, let found): "edge block \(block): slots must be positive, found \(found)"
        case .levelExtent(let block, let found):
            "edge block \(block): extent of an index level must be positive, found \(found)"
        case .levelStride(let block, let found):
            "edge block \(block): stride of an index level must not be negative, found \(found)"
        case .levelProduct(let block, let side, let expected, let found):
            "edge block \(block): levels of '\(side)' must multiply to \(expected), found \(found)"
        case .addressOutside(let block, let parameter, let limit, let found):
            "edge block \(block): address in \(parameter) expected in 0..<\(limit), found \(found)"
        case .scalarOnNoEdge(let parameter, let scalar): "parameter \(parameter): scalar \(scalar) lies on no edge"
        case .coverageUnproven(let parameter):
            "parameter \(parameter): strides of its edge blocks share no pattern, so it cannot be shown that every "
                + "scalar lies on an edge"
        case .edgeArrayLength(let array, let expected, let found):
            "\(array): expected \(expected) numbers, found \(found)"
        case .edgeNode(let edge, let limit, let found):
            "edge_index: edge \(edge) names node \(found), expected 0..<\(limit)"
        case .edgeTypeUnknown(let edge, let limit, let found):
            "edge_type: edge \(edge) has type \(found), expected 0..<\(limit)"
        case .edgeSlots(let edge, let limit, let found):
            "edge_slots: edge \(edge): expected \(limit == 1 ? "1, as it has no scalar" : "1...\(limit)"), found "
                + "\(found)"
        case .edgeScalar(let edge, let limit, let found):
            "edge_param: edge \(edge) reaches scalar \(found), expected below \(limit) (or -1 for no scalar)"
        case .encodingNodes(let limit, let found):
            "positional encoding: expected at most \(limit) nodes, found \(found)"
        case .eigenvectors(let cells): "positional encoding: the eigensolver did not converge on \(cells) cells"
        }
    }
}
