import Derivation
import Checkpoints
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// Whose weights a step predicts: a plugin's model, a graph from a file, or every floating-point tensor there is.
struct StepTarget {
    /// nil for whatever the states hold.
    private let given: ParameterList?
    /// The graph, where the method needs one.
    let graph: GraphInput?
    /// The same in layers, each with its parameters as indices in the list; empty unless asked for.
    private let layers: [(graph: GraphInput, indices: [Int])]
    /// The plugin's model; nil for a graph from a file.
    private let plugin: Model?

    /// - Parameters:
    ///   - encoding: a file with another positional encoding.
    ///   - inLayers: cuts the graph into layers, each with an encoding of its own.
    init(config: String?, graph: String?, encoding: String?, needsGraph: Bool, inLayers: Bool, options: CommonOptions)
        throws
    {
        let encoding = try encoding.map(GraphFile.readEncoding)
        if let config {
            let plugin = try options.model(config)
            self.given = plugin.parameters
            let whole = needsGraph || inLayers ? try plugin.neuralGraph() : nil
            layers = try inLayers ? whole!.layerSubgraphs().map { (try GraphInput($0.graph), $0.parameters) } : []
            self.graph = try inLayers ? nil : whole.map { try GraphInput($0, encoding: encoding) }
            self.plugin = plugin
        } else if let graph {
            let file = try GraphFile.read(graph)
            self.given = file.parameters
            let nodes = NodeInput(encoding: encoding ?? file.encoding, words: file.words)
            self.graph = needsGraph ? try GraphInput(file.edges, nodes: nodes, parameters: file.parameters) : nil
            layers = []
            plugin = nil
        } else {
            (self.given, self.graph, layers, plugin) = (nil, nil, [], nil)
        }
    }

    /// What is predicted.
    func parameters(of states: History) -> ParameterList {
        given
            ?? ParameterList(
                states.newest.tensors.filter { $0.dtype.isFloatingPoint && $0.count > 0 }.map { ($0.name, $0.shape) })
    }

    /// How the states name the tensors, checked.
    /// - Throws: `CheckpointError` naming file and tensor; `PluginHostError.contradictingNames`.
    func names(in states: History) throws -> FileNames {
        // The states agree with each other: one speaks for all.
        let file = states.states[0]
        let names = try plugin.map { try FileNames($0, in: file) } ?? FileNames(parameters(of: states))
        guard let given else { return names }
        try names.check(file, parameters: given, bufferShapes: plugin?.description.bufferShapes ?? [:])
        return names
    }

    /// Nowcasts from files to files.
    ///
    /// - Throws: what was wrong with a state: `CheckpointError`; `NowcastError`; what the sinks throw.
    func nowcast(
        _ nowcaster: any Nowcaster, _ states: History, horizons: [Int], inLayers: Bool, into sinks: [FileSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        let names = try names(in: states).parameters
        guard inLayers else {
            return try nowcaster.nowcast(
                FileHistory(states, names: names, parameters: parameters(of: states)), horizons: horizons,
                graph: graph, into: sinks, options: options)
        }
        var (whole, options) = (horizons.map { _ in ChangeMeasure() }, options)
        // Layers are small: what is done again after an interruption is little.
        options.journal = nil
        for layer in layers {
            let source = FileHistory(
                states, names: layer.indices.map { names[$0] }, parameters: layer.graph.parameters)
            let measures = try nowcaster.nowcast(
                source, horizons: horizons, graph: layer.graph, into: sinks.map { $0.selecting(layer.indices) },
                options: options)
            for (index, measure) in measures.enumerated() { whole[index].add(measure) }
        }
        return whole
    }
}
