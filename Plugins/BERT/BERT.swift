// BERT (Devlin et al. 2019), tensor names and config keys of Hugging Face's BertForMaskedLM, or with their name in
// `architectures` the body alone and the classes for sequences, tokens and answers (transformers 4.57 and 5). Norms
// stand behind the residual connections; weights [out, in].
//
//   bert.embeddings.{word,position,token_type}_embeddings.weight [rows, hidden]   bert.embeddings.LayerNorm
//   bert.encoder.layer.{l}.attention.self.{query,key,value}, .attention.output.{dense,LayerNorm}, .intermediate.dense,
//     .output.{dense,LayerNorm}: weight and bias each
//   masked LM: cls.predictions.bias [vocabulary]   cls.predictions.transform.{dense [hidden, hidden],LayerNorm};
//   decoder tied to the words
//   body, sequences: bert.pooler.dense [hidden, hidden]   sequences, tokens: classifier [labels, hidden]   answers:
//   qa_outputs [2, hidden]
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
        /// Scores from the first position, by way of a pooler; without a classifier its units are the scores.
        case pooled(Linear, classifier: Linear?)
        /// Scores at every position.
        case tokens(Linear)
    }

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        let bert = modules / "bert"
        embeddings = Embeddings(bert / "embeddings", c)
        layers = (0..<c.layers).map { EncoderLayer(bert / "encoder.layer" / $0, layer: $0, c) }
        head = Self.head(modules, words: embeddings.words, c)
        modules.optionalPrefix("bert.")
    }

    func forward(_ net: Network) throws {
        var x = try embeddings(net)
        for layer in layers { x = try layer(x) }
        switch head {
        case .maskedLM(let head): try net.classify(head(x))
        case .pooled(let pooler, let classifier):
            let pooled = try Activation.tanh(pooler(x.position(0)))
            try net.classify(classifier.map { try $0(pooled) } ?? pooled)
        case .tokens(let linear): try net.classify(linear(x))
        }
    }

    private static func head(_ modules: Modules, words: Table, _ c: Configuration) -> Head {
        let pooler = modules / "bert.pooler.dense"
        switch c.task {
        case .language:
            let head = MaskedLMHead(modules / "cls.predictions", words, c)
            // Of the other pre-training task, next sentence: left as they are.
            for (path, rows) in [(pooler, c.stream.size), (modules / "cls.seq_relationship", 2)] {
                (path / "weight").ignore([Axis(fixed: rows), Axis(fixed: c.stream.size)])
                (path / "bias").ignore([Axis(fixed: rows)])
            }
            return .maskedLM(head)
        case .body: return .pooled(linear(pooler, c.stream, Axis(fixed: c.stream.size), c), classifier: nil)
        case .sequenceClasses(let count):
            let pooled = Axis(Group("pooler", size: c.stream.size))
            return .pooled(
                linear(pooler, c.stream, pooled, c),
                classifier: linear(modules / "classifier", pooled, Axis(fixed: count), c))
        case .tokenClasses(let count):
            return .tokens(linear(modules / "classifier", c.stream, Axis(fixed: count), c))
        case .answerSpans: return .tokens(linear(modules / "qa_outputs", c.stream, 2, c))
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

private let plugin = Plugin(BERT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
