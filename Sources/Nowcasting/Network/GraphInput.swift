import NeuralGraphs

/// A model as the nowcasters see it: the edges of its graph and how work on them is cut, what its nodes are told, and
/// the type of every scalar. Made once a model.
public struct GraphInput: Sendable {
    public let parameters: ParameterList
    public let nodeCount: Int
    /// Self loops included.
    public let edgeCount: Int
    /// F: the largest number of scalars on one edge.
    let slotCount: Int
    let largestType: Int
    let nodes: NodeInput
    let types: ScalarTypes
    let plan: TilePlan
    /// True for a graph edge by edge: it is in memory as a whole, and so may be the states.
    let isListed: Bool

    private init(
        _ streams: [EdgeStream], blocks: [Range<Int>], parameters: ParameterList, nodes: NodeInput, types: ScalarTypes,
        isListed: Bool
    ) {
        (self.parameters, self.nodes, self.types, self.isListed) = (parameters, nodes, types, isListed)
        nodeCount = blocks.last?.upperBound ?? 0
        edgeCount = streams.reduce(0) { $0 + $1.edges }
        slotCount = streams.reduce(1) { max($0, $1.channelCount / StateHistory.contextLength) }
        largestType = streams.map(\.type).max() ?? 0
        plan = TilePlan(streams, blocks: blocks, parameters: parameters)
    }

    public init(_ graph: NeuralGraph, nodes: NodeInput) {
        self.init(
            EdgeStream.streams(of: graph), blocks: graph.nodeBlocks.map(\.nodes), parameters: graph.parameters,
            nodes: nodes, types: ScalarTypes(graph), isListed: false)
    }

    /// - Parameter encoding: shape [nodes, 8], instead of the graph's own orbit encoding.
    /// - Throws: `eigenvectors`.
    public init(_ graph: NeuralGraph, encoding: [Float]? = nil) throws(NeuralGraphError) {
        self.init(graph, nodes: try NodeInput(graph, encoding: encoding))
    }

    /// A graph read from a file.
    ///
    /// - Throws: `scalarOnNoEdge`, `edgeAcrossParameters`.
    public init(_ edges: EdgeList, nodes: NodeInput, parameters: ParameterList) throws(NowcastError) {
        let types = try ScalarTypes(edges, parameters: parameters)
        let (blocks, streams) = try EdgeStream.streams(of: edges, parameters: parameters)
        self.init(streams, blocks: blocks, parameters: parameters, nodes: nodes, types: types, isListed: true)
    }
}
