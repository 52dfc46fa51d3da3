import NeuralGraphs

/// A model as the nowcasters see it: its graph, what its nodes are told, and the type of every scalar. Made once a run.
public struct GraphInput: Sendable {
    enum Form: Sendable {
        case blocks(NeuralGraph)
        case edges(EdgeList)
    }

    let form: Form
    let nodes: NodeInput
    let types: ScalarTypes

    /// - Parameter encoding: shape [nodes, 8], instead of the graph's own orbit encoding.
    /// - Throws: `eigenvectors`.
    public init(_ graph: NeuralGraph, encoding: [Float]? = nil) throws(NeuralGraphError) {
        form = .blocks(graph)
        nodes = try NodeInput(graph, encoding: encoding)
        types = ScalarTypes(graph)
    }

    /// A graph read from a file.
    ///
    /// - Throws: `scalarOnNoEdge`.
    public init(_ edges: EdgeList, nodes: NodeInput, parameters: ParameterList) throws(NowcastError) {
        form = .edges(edges)
        self.nodes = nodes
        types = try ScalarTypes(edges, parameters: parameters)
    }
}
