import Checkpoints
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors
import Verification

/// Whose weights a step predicts: a plugin's model, or a graph from a file.
struct StepTarget {
    let parameters: ParameterList
    /// The graph, where the method needs one.
    let model: GraphModel?
    /// The plugin's model; nil for a graph from a file.
    private let plugin: Model?

    /// - Parameters:
    ///   - encoding: a file with another positional encoding.
    init(config: String?, graph: String?, encoding: String?, needsGraph: Bool, options: CommonOptions) throws {
        let given = try encoding.map(GraphFile.readEncoding)
        if let config {
            let plugin = try options.model(config)
            parameters = plugin.parameters
            model = needsGraph ? try GraphModel(plugin.neuralGraph(), encoding: given) : nil
            self.plugin = plugin
        } else {
            let file = try GraphFile.read(graph!)
            parameters = file.parameters
            let nodes = NodeInput(encoding: given ?? file.encoding, words: file.words)
            model = needsGraph ? try GraphModel(file.edges, nodes: nodes, parameters: file.parameters) : nil
            plugin = nil
        }
    }

    /// How the states name the tensors, checked.
    /// - Throws: `CheckpointError` naming file and tensor; `PluginHostError.contradictingNames`.
    func names(in states: History) throws -> FileNames {
        // The states agree with each other: one speaks for all.
        let file = states.states[0]
        let names = try plugin.map { try FileNames($0, in: file) } ?? FileNames(parameters)
        try names.check(file, parameters: parameters, bufferShapes: plugin?.description.bufferShapes ?? [:])
        return names
    }

    /// - Throws: `InputError` naming the first parameter with a number that is not finite.
    func refuseNonFinite(_ predicted: Tensor, file: String) throws {
        guard let index = firstNonFinite(UnsafeBufferPointer(predicted.values)) else { return }
        let entry = parameters.entries.last { $0.offset <= index }!
        throw InputError("\(file): not written: the nowcast of tensor \"\(entry.name)\" holds \(predicted.values[index]) at element \(index - entry.offset)")
    }
}
