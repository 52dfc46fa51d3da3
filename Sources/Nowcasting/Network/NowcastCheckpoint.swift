import Checkpoints
import NeuralGraphs

/// The weights of a trained nowcasting network.
public enum NowcastCheckpoint: Sendable, Equatable {
    case graph(GraphNetwork)
    /// WNN+.
    case scalar(ScalarNetwork)

    /// From named weights. Sizes are those of the weights; arguments that contradict them are refused.
    ///
    /// - Throws: `weightMissing`, `weightShape`, `weightNotFinite`, `argument`.
    public init(weights: [String: NamedWeight], arguments: NetworkArguments) throws(NowcastError) {
        try arguments.checkMeaning()
        let reader = WeightReader(weights: weights)
        if arguments.usesGraph ?? true {
            self = .graph(try GraphNetwork(reader, arguments))
        } else {
            self = .scalar(try ScalarNetwork(reader, arguments))
        }
    }

    /// From a file of either format. Its `model_args` are what the archive or the metadata holds; none means the
    /// defaults.
    ///
    /// - Parameter updateScale: `upd_scale` instead of the file's.
    /// - Throws: `CheckpointError` for the file, `NowcastError` for what it holds.
    public init(_ checkpoint: Checkpoint, updateScale: Float? = nil) throws {
        var weights: [String: NamedWeight] = [:]
        for tensor in checkpoint.tensors {
            weights[tensor.name] = NamedWeight(shape: tensor.shape, values: try checkpoint.floats(tensor.name))
        }
        var arguments = try checkpoint.metadata["model_args"].map(NetworkArguments.init(json:)) ?? NetworkArguments()
        arguments.updateScale = updateScale ?? arguments.updateScale
        try self.init(weights: weights, arguments: arguments)
    }

    /// The method that the weights are for.
    ///
    /// - Parameter precision: of NiNo's H × H products; the processor must have it.
    public func nowcaster(precision: ProductPrecision = .float32) -> any Nowcaster {
        switch self {
        case .graph(let network): StreamedNetwork(network, precision: precision)
        case .scalar(let network): WNN(network)
        }
    }

    /// - Throws: `CheckpointError` for the file, `NowcastError` for what it holds.
    public init(opening path: String, updateScale: Float? = nil) throws {
        try self.init(Checkpoint(opening: path), updateScale: updateScale)
    }
}

extension GraphNetwork {
    init(_ reader: WeightReader, _ arguments: NetworkArguments) throws(NowcastError) {
        let embedding = try reader.weight("layer_embed.weight", shape: [nil, nil])
        let width = embedding.shape[1]
        // Whatever is missing then shows as missing, and not as a smaller network.
        let layers = max(2, reader.count("gnn.convs."), reader.count("gnn.edge_update.") + 1)
        let edgeProjection = try reader.linear("edge_proj.fc.0", outputs: width, inputs: nil)
        let slots = edgeProjection.inputs / StateHistory.contextLength
        guard slots > 0, edgeProjection.inputs.isMultiple(of: StateHistory.contextLength) else {
            throw .weightShape(
                name: "edge_proj.fc.0.weight", expected: [width, max(1, slots) * StateHistory.contextLength],
                found: [width, edgeProjection.inputs])
        }
        let readOut = try reader.linear("edge_out.fc.2", outputs: nil, inputs: width)
        guard readOut.outputs.isMultiple(of: slots) else {
            throw .weightShape(
                name: "edge_out.fc.2.weight", expected: [slots * max(1, readOut.outputs / slots), width],
                found: [readOut.outputs, width])
        }
        let usesWords = arguments.usesWordPositions ?? true
        let words = usesWords ? try reader.weight("wte_pos_enc_layer.weight", shape: [nil, width]) : nil
        try arguments.check(arguments.width, is: width, .width)
        try arguments.check(arguments.layers, is: layers, .layers)
        try arguments.check(arguments.slots, is: slots, .slots)
        try arguments.check(arguments.horizons, is: readOut.outputs / slots, .horizons)
        try arguments.check(arguments.edgeTypes, is: embedding.shape[0], .edgeTypes)
        try arguments.check(arguments.encodingWidth, is: LaplacianPositionalEncoding.width, .encodingWidth)
        if let words { try arguments.check(arguments.vocabulary, is: words.shape[0] - 1, .vocabulary) }
        self.init(
            width: width, slots: slots, horizons: readOut.outputs / slots, edgeTypes: embedding.shape[0],
            layerEmbedding: embedding.values, wordEmbedding: words?.values,
            nodeProjection: try reader.linear(
                "node_proj.fc.0", outputs: width, inputs: LaplacianPositionalEncoding.width),
            edgeProjection: edgeProjection,
            convolutions: try Self.read(layers) { index throws(NowcastError) in
                try Convolution(reader, index: index, width: width)
            },
            edgeUpdates: try Self.read(layers - 1) { index throws(NowcastError) in
                try EdgeUpdate(reader, index: index, width: width)
            },
            readOutHidden: try reader.linear("edge_out.fc.0", outputs: width, inputs: width), readOut: readOut,
            updateScale: arguments.updateScale ?? 1)
    }

    private static func read<Layer>(_ count: Int, _ body: (Int) throws(NowcastError) -> Layer) throws(NowcastError)
        -> [Layer]
    {
        var layers: [Layer] = []
        for index in 0..<count { layers.append(try body(index)) }
        return layers
    }
}

extension GraphNetwork.Convolution {
    fileprivate init(_ reader: WeightReader, index: Int, width: Int) throws(NowcastError) {
        let name = "gnn.convs.\(index)."
        self.init(
            edgeEncoder: try reader.linear(name + "edge_encoder", outputs: 2 * width, inputs: width),
            pre: try reader.linear(name + "pre_nns.0.0", outputs: width, inputs: 2 * width),
            post: try reader.linear(name + "post_nns.0.0", outputs: width, inputs: 2 * width),
            output: try reader.linear(name + "lin", outputs: width, inputs: width))
    }
}

extension GraphNetwork.EdgeUpdate {
    fileprivate init(_ reader: WeightReader, index: Int, width: Int) throws(NowcastError) {
        let name = "gnn.edge_update.\(index)."
        self.init(
            edge: try reader.linear(name + "lin_e", outputs: width, inputs: width),
            source: try reader.linear(name + "lin_s", outputs: width, inputs: width),
            target: try reader.linear(name + "lin_t", outputs: width, inputs: width),
            output: try reader.linear(name + "lin1", outputs: width, inputs: width))
    }
}

extension ScalarNetwork {
    init(_ reader: WeightReader, _ arguments: NetworkArguments) throws(NowcastError) {
        let embedding = try reader.weight("layer_embed.weight", shape: [nil, nil])
        let width = embedding.shape[1]
        var layers: [LinearLayer] = []
        for index in [0, 2, 4] {
            layers.append(try reader.linear("edge_mlp.fc.\(index)", outputs: width, inputs: width))
        }
        layers.append(try reader.linear("edge_mlp.fc.6", outputs: nil, inputs: width))
        try arguments.check(arguments.width, is: width, .width)
        try arguments.check(arguments.horizons, is: layers[3].outputs, .horizons)
        try arguments.check(arguments.edgeTypes, is: embedding.shape[0], .edgeTypes)
        self.init(
            width: width, horizons: layers[3].outputs, edgeTypes: embedding.shape[0], layerEmbedding: embedding.values,
            stateProjection: try reader.linear("edge_proj.fc.0", outputs: width, inputs: StateHistory.contextLength),
            layers: layers, updateScale: arguments.updateScale ?? 1)
    }
}
