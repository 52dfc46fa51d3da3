import Derivation
import Checkpoints
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// Whose weights a step predicts: a plugin's model, or a graph from a file.
struct StepTarget {
    let parameters: ParameterList
    /// The graph, where the method needs one.
    let model: GraphInput?
    /// The same in layers, each with its parameters as indices in the list; empty unless asked for.
    private let layers: [(model: GraphInput, parameters: ParameterList, indices: [Int])]
    /// The plugin's model; nil for a graph from a file.
    private let plugin: Model?

    /// - Parameters:
    ///   - encoding: a file with another positional encoding.
    ///   - inLayers: cuts the graph into layers, each with an encoding of its own.
    init(config: String?, graph: String?, encoding: String?, needsGraph: Bool, inLayers: Bool, options: CommonOptions)
        throws
    {
        let given = try encoding.map(GraphFile.readEncoding)
        if let config {
            let plugin = try options.model(config)
            parameters = plugin.parameters
            let graph = needsGraph || inLayers ? try plugin.neuralGraph() : nil
            layers =
                try inLayers
                ? graph!.layerSubgraphs().map { (try GraphInput($0.graph), $0.graph.parameters, $0.parameters) } : []
            model = try inLayers ? nil : graph.map { try GraphInput($0, encoding: given) }
            self.plugin = plugin
        } else {
            let file = try GraphFile.read(graph!)
            parameters = file.parameters
            let nodes = NodeInput(encoding: given ?? file.encoding, words: file.words)
            model = needsGraph ? try GraphInput(file.edges, nodes: nodes, parameters: file.parameters) : nil
            layers = []
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

    /// Nowcasts from files to files.
    ///
    /// - Throws: what was wrong with a state: `CheckpointError`; `NowcastError`.
    func nowcast(
        _ nowcaster: Nowcaster, _ states: History, horizon: Int, inLayers: Bool, into sink: FileSink,
        options: NowcastOptions
    ) throws -> ChangeMeasure {
        let names = try names(in: states).parameters
        guard inLayers else {
            return try nowcast(
                nowcaster, FileHistory(states, names: names, parameters: parameters), horizon: horizon, model,
                into: sink, options)
        }
        var (whole, options) = (ChangeMeasure(), options)
        // Layers are small: what is done again after an interruption is little.
        options.journal = nil
        for layer in layers {
            let source = FileHistory(states, names: layer.indices.map { names[$0] }, parameters: layer.parameters)
            whole.add(
                try nowcast(
                    nowcaster, source, horizon: horizon, layer.model, into: sink.selecting(layer.indices), options))
        }
        return whole
    }

    private func nowcast(
        _ nowcaster: Nowcaster, _ source: FileHistory, horizon: Int, _ model: GraphInput?, into sink: some NowcastSink,
        _ options: NowcastOptions
    ) throws -> ChangeMeasure {
        do {
            return try nowcaster.nowcast(source, horizon: horizon, model: model, into: sink, options: options)
        } catch {
            if let failure = source.failure { throw failure }
            throw error
        }
    }
}
