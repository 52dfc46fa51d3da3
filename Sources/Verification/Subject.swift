import Derivation
import NeuralGraphs
import PluginHost

/// What is verified: a model, the symmetries claimed of it, and its neural graph. Usually all three are a plugin's;
/// claims or graph may also be derived, or deliberately wrong.
public struct Subject: Sendable {
    public let model: Model
    public let claims: Symmetries
    public let graph: NeuralGraph

    public init(_ model: Model, claims: Symmetries, graph: NeuralGraph) {
        (self.model, self.claims, self.graph) = (model, claims, graph)
    }

    /// A plugin's model with the plugin's claims and the graph of its constructor; both derived if it has no
    /// constructor.
    /// - Throws: as `Model.neuralGraph()`.
    public init(_ model: Model) throws {
        if model.isDerived {
            let derived = try DerivedSymmetries(model)
            self.init(model, claims: derived.symmetries, graph: try DerivedGraph.graph(of: model, derived))
        } else {
            self.init(model, claims: model.description.claims, graph: try model.constructedGraph())
        }
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
        (description.parameters + description.buffers.filter { $0.elementType == .float32 }).map {
            MovableTensor(name: $0.name, shape: $0.shape)
        }
    }
}
