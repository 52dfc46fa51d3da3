import Derivation
import Foundation
import NeuralGraphs
import Nowcasting
import PluginHost

/// The list of a model's tensors, with the graph of its neurons where it has one.
final class Network {
    struct Entry {
        let name: String
        let role: Role
        let shape: [Int]
        /// For a tied one the parameter's name.
        let parameter: String?
    }

    enum Role { case parameter, buffer, tied }

    let parameters: ParameterList
    /// Parameters, then buffers, then tied names.
    let entries: [Entry]
    /// Nil for a network without a graph.
    let model: Model?
    private var graph: GraphInput?
    private var layers: [CallersNowcaster.Layer]?
    /// C copies of the entries.
    private(set) lazy var copies = entries.map(EntryCopy.init)

    init(_ model: Model) {
        self.model = model
        parameters = model.parameters
        let description = model.description
        entries =
            description.parameters.map { Entry(name: $0.name, role: .parameter, shape: $0.shape, parameter: nil) }
            + description.buffers.map { Entry(name: $0.name, role: .buffer, shape: $0.shape, parameter: nil) }
            + description.tied.map { tied in
                let shape = description.parameters.first { $0.name == tied.parameter }?.shape ?? []
                return Entry(name: tied.name, role: .tied, shape: shape, parameter: tied.parameter)
            }
    }

    /// - Throws: `NeuralGraphError` for a name that is empty or taken, or a size below 1.
    init(_ tensors: [(name: String, shape: [Int])]) throws {
        model = nil
        parameters = try ParameterList(checking: tensors)
        entries = tensors.map { Entry(name: $0.name, role: .parameter, shape: $0.shape, parameter: nil) }
    }

    /// What nowcasters are told of the model; made once.
    /// - Throws: what deriving and drawing a graph throw; nil without a model.
    func graphInput() throws -> GraphInput? {
        if let graph { return graph }
        guard let model else { return nil }
        graph = try GraphInput(model.neuralGraph())
        return graph
    }

    /// The graph cut between layers, each a graph by itself; made once.
    /// - Throws: as `graphInput()`; `input` for a network without a graph.
    func graphLayers() throws -> [CallersNowcaster.Layer] {
        if let layers { return layers }
        guard let model else { throw LibraryError.input("subgraph: expected a network with a graph, found none") }
        let made = try model.neuralGraph().layerSubgraphs().map {
            CallersNowcaster.Layer(graph: try GraphInput($0.graph), indices: $0.parameters)
        }
        layers = made
        return made
    }
}

/// A C copy of an entry, alive as long as this object.
final class EntryCopy {
    let name: UnsafeMutablePointer<CChar>
    let parameter: UnsafeMutablePointer<CChar>?
    let shape: UnsafeMutableBufferPointer<Int64>

    init(_ entry: Network.Entry) {
        name = strdup(entry.name)
        parameter = entry.parameter.map { strdup($0) }
        shape = .allocate(capacity: entry.shape.count)
        _ = shape.initialize(from: entry.shape.map(Int64.init))
    }

    deinit {
        free(name)
        free(parameter)
        shape.deallocate()
    }
}
