import NeuralGraphs
import PluginHost

/// What is verified: a model, the symmetries claimed of it, and its neural graph. Usually all three are a plugin's; claims or graph may
/// also be derived, or deliberately wrong.
public struct Subject: Sendable {
    public let model: Model
    public let claims: Symmetries
    public let graph: NeuralGraph

    public init(_ model: Model, claims: Symmetries, graph: NeuralGraph) {
        (self.model, self.claims, self.graph) = (model, claims, graph)
    }

    /// A plugin's model with the plugin's claims and the graph of its constructor.
    /// - Throws: as `Model.graph()`.
    public init(_ model: Model) throws(PluginHostError) {
        try self.init(model, claims: model.description.claims, graph: model.graph())
    }

    /// Names and shapes of all tensors that groups may move: parameters, then float buffers.
    var tensors: [(name: String, shape: [Int])] {
        model.parameters.entries.map { ($0.name, $0.shape) }
            + model.description.buffers.filter { $0.elementType == .float32 }.map { ($0.name, $0.shape) }
    }
}
