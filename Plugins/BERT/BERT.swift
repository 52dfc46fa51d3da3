// BERT (Devlin et al. 2019), tensor names and config keys of Hugging Face's BertForMaskedLM, or with that name in
// `architectures` BertForSequenceClassification (transformers 4.57 and 5). Norms stand behind the residual connections;
// weights [out, in].
//
//   bert.embeddings.{word,position,token_type}_embeddings.weight [rows, hidden]   bert.embeddings.LayerNorm
//   bert.encoder.layer.{l}.attention.self.{query,key,value}, .attention.output.{dense,LayerNorm}, .intermediate.dense,
//     .output.{dense,LayerNorm}: weight and bias each
//   masked LM: cls.predictions.bias [vocabulary]   cls.predictions.transform.{dense [hidden, hidden],LayerNorm};
//   decoder tied to the words
//   classification: bert.pooler.dense [hidden, hidden]   classifier [labels, hidden]
//
// Inputs: `input_ids`, and `token_type_ids` (0 everywhere if not given). There is no `attention_mask`: every position
// is seen. The loss of the masked LM is at the positions whose label is not -100, and not shifted: the caller masks (a
// text as its own labels is only copied).
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions; the MLP's hidden units; the pooler's units. The units of `transform` meet the word table again, so they
// move with the residual stream.
import NinoPluginSDK

struct BERT: Architecture {
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

    let modules = Modules()
    let embeddings: Embeddings
    let layers: [EncoderLayer]
    let head: Head

    enum Head {
        case maskedLM(MaskedLMHead)
        case classifier(pooler: Linear, classifier: Linear)
    }

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        let bert = modules / "bert"
        embeddings = Embeddings(bert / "embeddings", c)
        layers = (0..<c.layers).map { EncoderLayer(bert / "encoder.layer" / $0, layer: $0, c) }
        if let labels = c.labels {
            let pooled = Axis(Group("pooler", size: c.stream.size))
            head = .classifier(
                pooler: linear(bert / "pooler.dense", c.stream, pooled, c),
                classifier: linear(modules / "classifier", pooled, Axis(fixed: labels), c))
        } else {
            head = .maskedLM(MaskedLMHead(modules / "cls.predictions", embeddings.words, c))
            // Of the other pre-training task, next sentence: left as they are.
            for (path, rows) in [(bert / "pooler.dense", c.stream.size), (modules / "cls.seq_relationship", 2)] {
                (path / "weight").ignore([Axis(fixed: rows), Axis(fixed: c.stream.size)])
                (path / "bias").ignore([Axis(fixed: rows)])
            }
        }
        modules.optionalPrefix("bert.")
    }

    func forward(_ net: Network) throws {
        var x = try embeddings(net)
        for layer in layers { x = try layer(x) }
        switch head {
        case .maskedLM(let head): try net.classify(head(x))
        case .classifier(let pooler, let classifier):
            try net.classify(classifier(Activation.tanh(pooler(x.position(0)))))
        }
    }
}

struct Embeddings {
    let positionCount: Int
    let words, positions, types: Table
    let norm: LayerNorm

    init(_ at: Path, _ c: Configuration) {
        positionCount = c.positions
        words = Table(
            at / "word_embeddings", .vocabulary, rows: c.vocabularySize, to: c.stream, c.weights,
            paddingIndex: c.paddingIndex)
        positions = Table(at / "position_embeddings", .positions, rows: c.positions, to: c.stream, c.weights)
        types = Table(at / "token_type_embeddings", .tokenTypes, rows: c.tokenTypes, to: c.stream, c.weights)
        norm = LayerNorm(at / "LayerNorm", c.stream, epsilon: c.epsilon)
        (at / "position_ids").ignore([1, Axis(fixed: c.positions)])
    }

    func callAsFunction(_ net: Network) throws -> Neurons {
        let tokens = try net.tokens(atMost: positionCount)
        let x = try words(tokens) + positions.rows(for: tokens)
        let given = try net.optionalTokens("token_type_ids", like: tokens)
        return try norm(x + (given.map { try types($0) } ?? types.first(net)))
    }
}

struct EncoderLayer {
    let query, key, value, output: Linear
    let attention: Attention
    let mlp: MLP
    let attentionNorm, outputNorm: LayerNorm

    init(_ at: Path, layer: Int, _ c: Configuration) {
        let hidden = Axis(Group("hidden_\(layer)", size: c.hiddenSize))
        attention = Attention(layer: layer, heads: c.heads, width: c.stream.size / c.heads)
        query = linear(at / "attention.self.query", c.stream, attention.queries, c)
        key = linear(at / "attention.self.key", c.stream, attention.keys, c)
        value = linear(at / "attention.self.value", c.stream, attention.values, c)
        output = linear(at / "attention.output.dense", attention.outputs, c.stream, c)
        attentionNorm = LayerNorm(at / "attention.output.LayerNorm", c.stream, epsilon: c.epsilon)
        mlp = MLP(
            up: linear(at / "intermediate.dense", c.stream, hidden, c),
            down: linear(at / "output.dense", hidden, c.stream, c), c.activation)
        outputNorm = LayerNorm(at / "output.LayerNorm", c.stream, epsilon: c.epsilon)
    }

    /// Norms come last, but their nodes stand where those of a layer with norms first would.
    func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.numberNodes(of: attentionNorm)
        let y = try attentionNorm(x + output(attention(query(x), key(x), value(x))))
        try y.numberNodes(of: outputNorm)
        return try outputNorm(y + mlp(y))
    }
}

struct MaskedLMHead {
    let bias: Vector
    let transform, decoder: Linear
    let norm: LayerNorm
    let activation: Activation

    init(_ at: Path, _ words: Table, _ c: Configuration) {
        bias = Vector(at / "bias", Axis(fixed: c.vocabularySize))
        transform = linear(at / "transform.dense", c.stream, c.stream, c)
        norm = LayerNorm(at / "transform.LayerNorm", c.stream, epsilon: c.epsilon)
        decoder = Linear(at / "decoder", tiedTo: words, bias: bias)
        activation = c.activation
    }

    /// The decoder's bias is declared before the transform, and its node stands there.
    func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.numberNodes()
        try x.numberNodes(of: bias)
        return try decoder(norm(activation(transform(x))))
    }
}

private func linear(_ at: Path, _ input: Axis, _ output: Axis, _ c: Configuration) -> Linear {
    Linear(at, from: input, to: output, weights: c.weights)
}

struct Configuration {
    let stream: Axis
    let vocabularySize, positions, tokenTypes, layers, heads, hiddenSize: Int
    let activation: Activation
    let epsilon: Double
    let weights: Initialization
    let paddingIndex: Int?
    /// Classes of a classifier; nil for the masked LM.
    let labels: Int?

    init(_ configuration: inout ConfigurationReader) throws {
        vocabularySize = try configuration.integer("vocab_size", default: 30522)
        positions = try configuration.integer("max_position_embeddings", default: 512, in: 1...(1 << 24))
        tokenTypes = try configuration.integer("type_vocab_size", default: 2)
        let width = try configuration.integer("hidden_size", default: 768, in: 1...(1 << 20))
        hiddenSize = try configuration.integer("intermediate_size", default: 3072)
        layers = try configuration.integer("num_hidden_layers", default: 12, in: 1...4096)
        heads = try configuration.divisor("num_attention_heads", of: "hidden_size", width, default: 12)
        activation = try configuration.activation("hidden_act", default: "gelu")
        epsilon = try configuration.real("layer_norm_eps", default: 1e-12, in: 0...1)
        weights = .normal(standardDeviation: try configuration.real("initializer_range", default: 0.02, in: 0...10))
        paddingIndex = try configuration.paddingIndex(vocabularySize: vocabularySize, default: 0)
        let classes = ["BertForMaskedLM", "BertForPreTraining", "BertForSequenceClassification"]
        let isClassifier = try configuration.texts("architectures", oneOf: classes) == [classes[2]]
        labels = isClassifier ? try configuration.classCount() : nil
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
        stream = Axis(Group("residual", size: width))
    }
}

private let plugin = Plugin(BERT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
