import Checkpoints
import NeuralGraphs

/// A trained nowcasting network, NiNo or WNN+: its sizes and weights.
public struct NowcastNetwork: Sendable, Equatable {
    public let shape: NetworkShape
    /// The tensors of the shape's layout end to end.
    let weights: [Float]
    /// [words, H], for networks with word positions; else nil.
    public let wordEmbedding: [Float]?
    /// Factor on the predicted change, in scaled units.
    public let updateScale: Float

    /// The method that the weights are for.
    ///
    /// - Parameter precision: of NiNo's H × H products; the processor must have it.
    public func nowcaster(precision: ProductPrecision = .float32) -> any Nowcaster {
        switch shape.method {
        case .nino: StreamedNetwork(self, precision: precision)
        case .wnn: WNN(self)
        }
    }
}

// From checkpoints.
extension NowcastNetwork {
    /// From named weights. Sizes are those of the weights; arguments that contradict them are refused.
    ///
    /// - Throws: `weightMissing`, `weightShape`, `weightNotFinite`, `argument`.
    public init(weights: [String: NamedWeight], arguments: NetworkArguments) throws(NowcastError) {
        try arguments.checkMeaning()
        let reader = WeightReader(weights: weights)
        shape = try NetworkShape(reader, arguments)
        var values: [Float] = []
        for entry in shape.weightLayout.entries {
            let tensor = try reader.weight(entry.name, shape: entry.shape)
            if entry.offset != nil { values += tensor.values }
        }
        self.weights = values
        let hasWords = shape.method == .nino && arguments.usesWordPositions ?? true
        let words = hasWords ? try reader.weight(NetworkLayout.wordEmbeddingName, shape: [nil, shape.width]) : nil
        if let words { try arguments.check(arguments.vocabulary, is: words.shape[0] - 1, .vocabulary) }
        (wordEmbedding, updateScale) = (words?.values, arguments.updateScale ?? 1)
    }

    /// From a file of either format. Its `model_args` are what the archive or the metadata holds; none means the
    /// defaults.
    ///
    /// - Parameter updateScale: `upd_scale` instead of the file's.
    /// - Throws: `CheckpointError` for the file, `NowcastError.network` for what it holds.
    public init(_ checkpoint: Checkpoint, updateScale: Float? = nil) throws {
        let weights = try NamedWeight.all(in: checkpoint)
        do throws(NowcastError) {
            var arguments = NetworkArguments()
            if let json = checkpoint.metadata["model_args"] { arguments = try NetworkArguments(json: json) }
            arguments.updateScale = updateScale ?? arguments.updateScale
            try self.init(weights: weights, arguments: arguments)
        } catch {
            throw NowcastError.network(file: checkpoint.path, error)
        }
    }

    /// - Throws: `CheckpointError` for the file, `NowcastError` for what it holds.
    public init(opening path: String, updateScale: Float? = nil) throws {
        try self.init(Checkpoint(opening: path), updateScale: updateScale)
    }
}

extension NetworkShape {
    /// The sizes of named weights.
    fileprivate init(_ reader: WeightReader, _ arguments: NetworkArguments) throws(NowcastError) {
        let embedding = try reader.weight(NetworkLayout.embeddingName, shape: [nil, nil])
        let (types, width) = (embedding.shape[0], embedding.shape[1])
        if arguments.usesGraph ?? true {
            try self.init(graph: reader, width: width, edgeTypes: types)
            try arguments.check(arguments.layers, is: updates + 1, .layers)
            try arguments.check(arguments.slots, is: slots, .slots)
            try arguments.check(arguments.encodingWidth, is: LaplacianPositionalEncoding.width, .encodingWidth)
        } else {
            let readOut = try reader.weight(WNNLayout.readOutName + ".weight", shape: [nil, width])
            self.init(method: .wnn, width: width, slots: 1, horizons: readOut.shape[0], edgeTypes: types)
        }
        try arguments.check(arguments.width, is: width, .width)
        try arguments.check(arguments.horizons, is: horizons, .horizons)
        try arguments.check(arguments.edgeTypes, is: types, .edgeTypes)
    }

    private init(graph reader: WeightReader, width: Int, edgeTypes: Int) throws(NowcastError) {
        // Whatever is missing then shows as missing, and not as a smaller network.
        let layers = max(
            2, reader.count(NetworkLayout.messagePassingName), reader.count(NetworkLayout.updateName) + 1)
        let (context, projectionName, readOutName) = (
            StateHistory.contextLength, NetworkLayout.edgeProjectionName + ".weight",
            NetworkLayout.readOutName + ".weight"
        )
        let inputs = try reader.weight(projectionName, shape: [width, nil]).shape[1]
        let slots = inputs / context
        guard slots > 0, inputs.isMultiple(of: context) else {
            throw .weightShape(
                name: projectionName, expected: [width, max(1, slots) * context], found: [width, inputs])
        }
        let outputs = try reader.weight(readOutName, shape: [nil, width]).shape[0]
        guard outputs.isMultiple(of: slots) else {
            throw .weightShape(
                name: readOutName, expected: [slots * max(1, outputs / slots), width], found: [outputs, width])
        }
        self.init(
            method: .nino, width: width, slots: slots, horizons: outputs / slots, edgeTypes: edgeTypes,
            updates: layers - 1)
    }
}
