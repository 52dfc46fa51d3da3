import Derivation
import Checkpoints
import JSONText
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// Whose weights a step predicts: a plugin's model, a graph from a file, or every floating-point tensor there is.
struct StepTarget {
    let parameters: ParameterList
    /// The graph, where the method needs one.
    let graph: GraphInput?
    /// The same in layers, or the modules of an adapter, each with its parameters as indices in the list; empty unless
    /// asked for.
    private let layers: [(graph: GraphInput, indices: [Int])]
    /// The plugin's model; nil for a graph from a file.
    private let plugin: Model?
    /// Whether a config or a graph says what the parameters are.
    private let hasDescription: Bool

    /// - Parameters:
    ///   - encoding: a file with another positional encoding.
    ///   - inLayers: cuts the graph into layers, each with an encoding of its own.
    ///   - newest: whose tensors are the parameters where neither a config nor a graph says.
    ///   - ranks: the first of them looks at plugins for all.
    init(
        config: String?, graph: String?, encoding: String?, needsGraph: Bool, inLayers: Bool, newest: Checkpoint,
        options: CommonOptions, ranks: any Communicator
    ) throws {
        let given = try encoding.map(GraphFile.readEncoding)
        if let config {
            let plugin = try options.model(config, ranks)
            parameters = plugin.parameters
            let whole = needsGraph || inLayers ? try plugin.neuralGraph() : nil
            layers = try inLayers ? whole!.layerSubgraphs().map { (try GraphInput($0.graph), $0.parameters) } : []
            self.graph = try inLayers ? nil : whole.map { try GraphInput($0, encoding: given) }
            self.plugin = plugin
        } else if let graph {
            let file = try GraphFile.read(graph)
            parameters = file.parameters
            let nodes = NodeInput(encoding: given ?? file.encoding, words: file.words)
            self.graph = needsGraph ? try GraphInput(file.edges, nodes: nodes, parameters: file.parameters) : nil
            layers = []
            plugin = nil
        } else {
            parameters = try ParameterList(checking: Self.trainedTensors(of: newest))
            (self.graph, plugin) = (nil, nil)
            layers = try needsGraph ? AdapterModules.graphs(of: parameters, file: newest.path) : []
            guard !needsGraph || !layers.isEmpty else { throw InputError(Self.noGraph) }
        }
        hasDescription = config != nil || graph != nil
    }

    static let noGraph =
        "give either --config or --graph (linefit, fitted, average and rank1 need none, and a LoRA adapter has its own)"

    /// Without a config every floating-point tensor is a parameter, but for the statistics of batch norms.
    private static func trainedTensors(of file: Checkpoint) -> [(name: String, shape: [Int])] {
        file.tensors.filter { tensor in
            tensor.dtype.isFloatingPoint && tensor.count > 0
                && ![".running_mean", ".running_var"].contains(where: tensor.name.hasSuffix)
        }.map { ($0.name, $0.shape) }
    }

    /// Tells one config from another, wherever it was found.
    var configurationChecksum: String {
        guard let text = plugin?.configuration.json else { return "-" }
        var bytes = Array(text.utf8)
        return bytes.withUnsafeMutableBytes { "\(Checksum.crc32(UnsafeRawBufferPointer($0))) of \($0.count)" }
    }

    /// How the states name the tensors, checked.
    /// - Throws: `CheckpointError` naming file and tensor; `PluginHostError.contradictingNames`.
    func names(in states: History) throws -> FileNames {
        // The states agree with each other: one speaks for all.
        let file = states.states[0]
        let names = try fileNames(in: file)
        guard hasDescription else {
            note(file.tensors.map(\.name).filter { names.parameter(of: $0) == nil }, "left as they are")
            return names
        }
        let integers = try names.check(
            file, parameters: parameters, bufferShapes: plugin?.description.bufferShapes ?? [:])
        note(integers, "left as they are, for they hold whole numbers")
        try names.checkCopies(in: states.newest)
        note(
            try names.strangersThatChange(from: file, to: states.newest),
            "left as they are though they change, for the config knows nothing of them")
        return names
    }

    private func fileNames(in file: Checkpoint) throws -> FileNames {
        try plugin.map { try FileNames($0, in: file) } ?? FileNames(parameters)
    }

    /// Says which tensors stay as they are in the newest state.
    private func note(_ names: [String], _ what: String) {
        guard !names.isEmpty else { return }
        let shown = names.prefix(5).map { "'\($0.shown())'" }.joined(separator: ", ")
        Output.note("\(counted(names.count, "tensor")) \(what) (\(shown)\(names.count > 5 ? ", …" : ""))")
    }

    /// Nowcasts from files to files.
    ///
    /// - Throws: what was wrong with a state: `CheckpointError`; `NowcastError`; what the sinks throw.
    func nowcast(
        _ nowcaster: any Nowcaster, _ states: History, horizons: [Int], into sinks: [FileSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        let names = try fileNames(in: states.states[0]).parameters
        guard !layers.isEmpty else {
            return try nowcaster.nowcast(
                FileHistory(states, names: names, parameters: parameters), horizons: horizons,
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
