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

}

/// A tensor that groups may move.
struct MovableTensor {
    let name: String
    let shape: [Int]
}

extension Model {
    /// Parameters, then float buffers.
    var movableTensors: [MovableTensor] {
        (description.parameters + description.buffers.filter { $0.elementType == .float32 }).map { MovableTensor(name: $0.name, shape: $0.shape) }
    }
}
