import NeuralGraphs
import Tensors

/// Predicts a model's parameters some states ahead from five recorded ones.
public enum Nowcaster: Sendable {
    /// NiNo, by its factorized form.
    case nino(BlockForm)
    /// WNN+: every scalar by itself.
    case wnn(ScalarForm)
    /// The least-squares line.
    case lineFit

    /// The method that a checkpoint's weights are for.
    public init(_ checkpoint: NowcastCheckpoint) {
        switch checkpoint {
        case .graph(let network): self = .nino(BlockForm(network))
        case .scalar(let network): self = .wnn(ScalarForm(network))
        }
    }

    /// The longest horizon; nil: any.
    public var longestHorizon: Int? {
        switch self {
        case .nino(let form): form.network.horizons
        case .wnn(let form): form.network.horizons
        case .lineFit: nil
        }
    }

    public var needsGraph: Bool {
        if case .lineFit = self { false } else { true }
    }

    /// - Parameters:
    ///   - horizon: k, in states (one period / 5 optimizer steps each).
    ///   - model: the model's graph with its encoding; nil will do for the line fit.
    /// - Returns: shape [parameters]; may hold NaN or infinity if the history does.
    /// - Throws: `NowcastError.horizon`, `graphMissing`, and what the graph's form throws.
    public func nowcast(_ history: StateHistory, horizon: Int, model: GraphModel?) throws(NowcastError) -> Tensor {
        switch self {
        case .lineFit:
            let values = try LineFit.nowcast(history, horizon: horizon)
            return Tensor(shape: [values.count], values: values)
        case .nino(let form):
            guard let model else { throw .graphMissing(method: "nino") }
            switch model.form {
            case .blocks(let graph): return try form.nowcast(history, graph: graph, nodes: model.nodes, horizon: horizon)
            case .edges(let edges):
                let values = try EdgeListForm(form.network).nowcast(history, edges: edges, nodes: model.nodes, horizon: horizon)
                return Tensor(shape: [values.count], values: values)
            }
        case .wnn(let form):
            guard let model else { throw .graphMissing(method: "wnn") }
            return try form.nowcast(history, types: model.types, horizon: horizon)
        }
    }
}

/// A model as the nowcasters see it: its graph, what its nodes are told, and the type of every scalar. Made once a run.
public struct GraphModel: Sendable {
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
