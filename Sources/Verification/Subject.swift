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

    /// A plugin's model with the plugin's claims and the graph of its constructor; both derived if it has no constructor.
    /// - Throws: as `Model.neuralGraph()`.
    public init(_ model: Model) throws {
        if model.isDerived {
            let derived = try DerivedSymmetries(model)
            self.init(model, claims: derived.symmetries, graph: try DerivedGraph.graph(of: model, derived))
        } else {
            self.init(model, claims: model.description.claims, graph: try model.graph())
        }
    }

    /// Names and shapes of all tensors that groups may move: parameters, then float buffers.
    var tensors: [(name: String, shape: [Int])] {
        model.parameters.entries.map { ($0.name, $0.shape) }
            + model.description.buffers.filter { $0.elementType == .float32 }.map { ($0.name, $0.shape) }
    }
}
