// BERT (Devlin et al. 2019), tensor names and config keys of Hugging Face's BertForMaskedLM, or with that name in
// `architectures`
// BertForSequenceClassification (transformers 4.57 and 5). Norms stand behind the residual connections; weights [out,
// in].
//
//   bert.embeddings.{word,position,token_type}_embeddings.weight [rows, hidden]   bert.embeddings.LayerNorm
//   bert.encoder.layer.{l}.attention.self.{query,key,value}, .attention.output.{dense,LayerNorm}, .intermediate.dense,
//     .output.{dense,LayerNorm}: weight and bias each
//   masked LM: cls.predictions.bias [vocabulary]   cls.predictions.transform.{dense [hidden, hidden],LayerNorm};
//   decoder tied to the words
//   classification: bert.pooler.dense [hidden, hidden]   classifier [labels, hidden]
//
// Inputs: `input_ids`, and `token_type_ids` (0 everywhere if not given). There is no `attention_mask`: every position
// is seen. The loss of
// the masked LM is at the positions whose label is not -100, and not shifted: the caller masks (a text as its own
// labels is only copied).
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions; the
// MLP's hidden units; the pooler's units. The units of `transform` meet the word table again, so they move with the
// residual stream.
//
// Graph: as GPT-2's, but each norm points to the stream behind its residual connection, that of the embeddings to the
// first stream; token
// types are a token table without words; the tied decoder's bias points to the vocabulary.
import NinoPluginSDK

struct BERT: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.bert"
    static let name = "BERT"
    static let version = "1.0.0"
    static let modelTypes = ["bert"]
    static let sampleConfigurations = [
        #"""
        {"model_type": "bert", "vocab_size": 11, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3,
          "intermediate_size": 10,
         "max_position_embeddings": 7}
        """#,
        #"""
        {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "num_labels": 4, "vocab_size": 7,
          "hidden_size": 8,
         "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 9, "max_position_embeddings": 6,
           "type_vocab_size": 3, "hidden_act": "relu"}
        """#,
    ]

    // MARK: Configuration

    let residual: Group
    let vocabularySize, positions, tokenTypes: Int
    let layers: [TransformerLayer]
    let activation: Activation
    let epsilon, deviation: Double
    let paddingRow: Int?
    /// nil for the masked LM.
    let classifier: (pooler: Group, labels: Int)?

    init(_ configuration: inout ConfigurationReader) throws {
        let vocabularySize = try configuration.integer("vocab_size", default: 30522)
        positions = try configuration.integer("max_position_embeddings", default: 512, in: 1...(1 << 24))
        tokenTypes = try configuration.integer("type_vocab_size", default: 2)
        let width = try configuration.integer("hidden_size", default: 768, in: 1...(1 << 20))
        let hidden = try configuration.integer("intermediate_size", default: 3072)
        let layerCount = try configuration.integer("num_hidden_layers", default: 12, in: 1...4096)
        let heads = try configuration.divisor("num_attention_heads", of: "hidden_size", width, default: 12)
        activation = try configuration.activation("hidden_act", default: "gelu")
        epsilon = try configuration.real("layer_norm_eps", default: 1e-12, in: 0...1)
        deviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
        paddingRow = try configuration.paddingRow(vocabularySize: vocabularySize, default: 0)
        let classes = ["BertForMaskedLM", "BertForPreTraining", "BertForSequenceClassification"]
        let isClassifier = try configuration.texts("architectures", oneOf: classes) == [classes[2]]
        classifier = isClassifier ? (Group("pooler", size: width), try configuration.classCount()) : nil
        let isTied = try configuration.boolean("tie_word_embeddings", default: true)
        guard isTied || isClassifier else {
            throw PluginError.invalid("key \"tie_word_embeddings\": expected true, found false")
        }
        _ = try configuration.text("position_embedding_type", default: "absolute", oneOf: ["absolute"])
        try configuration.refuse(flags: "is_decoder")
        try configuration.dropouts("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")
        try configuration.readHuggingFaceKeys(classes: classes)
        try configuration.refuseOtherKeys(
            ignored: ConfigurationReader.huggingFaceIgnored.union([
                "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
                "pooler_size_per_head", "pooler_type",
            ]))
        self.vocabularySize = vocabularySize
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer(
                $0, prefix: "bert.encoder.layer.\($0)", AttentionAxes(layer: $0, heads: heads, width: width / heads),
                hidden: hidden)
        }
    }

    // MARK: Layers

    private static let words = "bert.embeddings.word_embeddings.weight"
    private static let places = "bert.embeddings.position_embeddings.weight"
    private static let types = "bert.embeddings.token_type_embeddings.weight"
    private static let transform = "cls.predictions.transform"

    private var stream: Axis { Axis(residual) }

    private var shape: TransformerShape {
        TransformerShape(
            residual: residual,
            [
                .attention(query: "attention.self.query", key: "attention.self.key", value: "attention.self.value"),
                .output("attention.output.dense"),
                .norm1("attention.output.LayerNorm"), .hidden("intermediate.dense"), .projection("output.dense"),
                .norm2("output.LayerNorm"),
            ], normsLast: true, normBias: true, inputBias: true, outputBias: true, mlpBias: true)
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        let normal = Initialization.normal(mean: 0, deviation: deviation)
        try model.group(residual)
        for (name, rows) in [(Self.words, vocabularySize), (Self.places, positions), (Self.types, tokenTypes)] {
            try model.parameter(name, [Axis(fixed: rows), stream], normal)
        }
        try model.layer("bert.embeddings.LayerNorm", [stream], .constant(1), bias: stream)
        try model.ignored("bert.embeddings.position_ids", [1, Axis(fixed: positions)])
        for layer in layers { try model.layer(layer, shape, weights: { _, _, _ in normal }) }
        if let classifier {
            let (units, labels) = (Axis(classifier.pooler), Axis(fixed: classifier.labels))
            try model.group(classifier.pooler)
            try model.layer("bert.pooler.dense", [units, stream], normal, bias: units)
            try model.layer("classifier", [labels, units], normal, bias: labels)
        } else {
            try model.parameter("cls.predictions.bias", [Axis(fixed: vocabularySize)], .constant(0))
            try model.layer("\(Self.transform).dense", [stream, stream], normal, bias: stream)
            try model.layer("\(Self.transform).LayerNorm", [stream], .constant(1), bias: stream)
            try model.tied("cls.predictions.decoder.weight", to: Self.words)
            try model.tied("cls.predictions.decoder.bias", to: "cls.predictions.bias")
            // Of the other pre-training task, next sentence: left as they are.
            for (name, rows) in [("bert.pooler.dense", residual.size), ("cls.seq_relationship", 2)] {
                try model.ignored("\(name).weight", [Axis(fixed: rows), Axis(fixed: residual.size)])
                try model.ignored("\(name).bias", [Axis(fixed: rows)])
            }
        }
        try model.optionalPrefix("bert.")
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let vocabulary = try graph.nodes("vocabulary", Axis(fixed: vocabularySize), isTokenTable: true)
        let (places, types) = try (
            graph.nodes("positions", Axis(fixed: positions)), graph.nodes("token types", Axis(fixed: tokenTypes))
        )
        let (norm, normBias) = try (graph.nodes("embedding norm"), graph.nodes("embedding norm bias"))
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.nodes("final stream", stream)
        let streams = nodes.map(\.stream) + [end]
        try graph.table(Self.words, .tokenTable, from: vocabulary, to: streams[0])
        try graph.table(Self.places, .positionTable, from: places, to: streams[0])
        try graph.table(Self.types, .tokenTable, from: types, to: streams[0])
        try graph.norm("bert.embeddings.LayerNorm", norm, bias: normBias, of: streams[0])
        for (layer, at) in zip(layers, nodes) { try graph.edges(layer, shape, at, next: streams[layer.index + 1]) }
        if let (pooler, labels) = classifier {
            let units = try graph.layer(
                "bert.pooler.dense.weight", .linear, from: end, to: "pooler", Axis(pooler),
                vectors: ["bert.pooler.dense.bias"])
            _ = try graph.layer(
                "classifier.weight", .linear, from: units, to: "classes", Axis(fixed: labels),
                vectors: ["classifier.bias"])
        } else {
            try graph.vector("cls.predictions.bias", .bias, from: graph.nodes("decoder bias"), to: vocabulary)
            let vectors = ["dense.bias", "LayerNorm.weight", "LayerNorm.bias"].map { "\(Self.transform).\($0)" }
            _ = try graph.layer(
                "\(Self.transform).dense.weight", .linear, from: end, to: "transform", stream, vectors: vectors)
        }
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let tokens = try forward.tokens(atMost: positions)
        let dims = try forward.shape(tokens)
        var x = try forward.embedding(tokens, table: Self.words, paddingRow: paddingRow)
        x = try forward.add(x, forward.slice(forward.tensor(Self.places), axis: 0, 0..<dims[1]))
        if let types = try forward.optionalInput("token_type_ids", NINO_INT64, dims) {
            x = try forward.add(x, forward.embedding(types, table: Self.types))
        } else {
            x = try forward.add(
                x, forward.reshape(forward.slice(forward.tensor(Self.types), axis: 0, 0..<1), [residual.size]))
        }
        x = try forward.layerNorm(x, "bert.embeddings.LayerNorm", epsilon: epsilon)
        let rule = TransformerForward(epsilon: epsilon, activation: activation, isCausal: false)
        for layer in layers { x = try forward.layer(x, layer, shape, rule) }
        if classifier != nil {
            x = try forward.activate(forward.linear(forward.position(x, 0), "bert.pooler.dense", bias: true), .tanh)
            try forward.classify(forward.linear(x, "classifier", bias: true))
        } else {
            x = try forward.activate(forward.linear(x, "\(Self.transform).dense", bias: true), activation)
            x = try forward.layerNorm(x, "\(Self.transform).LayerNorm", epsilon: epsilon)
            try forward.classify(forward.linear(x, weight: Self.words, bias: "cls.predictions.bias"))
        }
    }
}

private let plugin = Plugin(BERT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
