import Checkpoints
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// Whose weights a step predicts: a plugin's model, or a graph from a file.
struct StepTarget {
    let parameters: ParameterList
    /// The graph, where the method needs one.
    let model: GraphModel?
    /// Tells tensors that are no parameters but may stand beside them; without a plugin there are none.
    private let isBuffer: (String) -> Bool

    /// - Parameters:
    ///   - encoding: a file with another positional encoding.
    init(config: String?, graph: String?, encoding: String?, needsGraph: Bool, options: CommonOptions) throws {
        let given = try encoding.map(GraphFile.readEncoding)
        if let config {
            let plugin = try options.model(config)
            parameters = plugin.parameters
            model = needsGraph ? try GraphModel(plugin.graph(), encoding: given) : nil
            isBuffer = { WeightFile.isBuffer($0, of: plugin) }
        } else {
            let file = try GraphFile.read(graph!)
            parameters = file.parameters
            let nodes = NodeInput(encoding: given ?? file.encoding, words: file.words)
            model = needsGraph ? try GraphModel(file.edges, nodes: nodes, parameters: file.parameters) : nil
            isBuffer = { _ in false }
        }
    }

    /// The parameters' names in the files, in order.
    var fileNames: [String] { parameters.entries.map(\.name) }

    /// Where a tensor of the files lies in the flat vector; nil if it is no parameter.
    func range(of fileName: String) -> Range<Int>? {
        parameters[fileName]?.range
    }

    /// - Throws: `CheckpointError` naming file and tensor.
    func check(_ states: History) throws {
        try states.check(parameters: parameters.entries.map { ($0.name, $0.shape) }, isBuffer: isBuffer)
    }

    /// - Throws: `InputError` naming the first parameter with a number that is not finite.
    func refuseNonFinite(_ predicted: Tensor, file: String) throws {
        guard let index = firstNonFinite(UnsafeBufferPointer(predicted.values)) else { return }
        let entry = parameters.entries.last { $0.offset <= index }!
        throw InputError("\(file): not written: the nowcast of tensor \"\(entry.name)\" holds \(predicted.values[index]) at element \(index - entry.offset)")
    }
}
