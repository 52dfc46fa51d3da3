// GPT-2 (Radford et al. 2019), tensor names and config keys of Hugging Face's GPT2LMHeadModel (transformers 4.57).
// Weights of its layers are stored [in, out]; queries, keys and values are one tensor.
//
//   transformer.wte.weight [vocabulary, n_embd]   transformer.wpe.weight [n_positions, n_embd]
//   transformer.h.{l}.ln_1, .attn.c_attn [n_embd, 3·n_embd], .attn.c_proj, .ln_2, .mlp.c_fc, .mlp.c_proj: weight and
//   bias each
//   transformer.ln_f   lm_head.weight [vocabulary, n_embd] (only if untied)
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions; the MLP's hidden units.
import NinoPluginSDK

struct GPT2: Architecture {
    static let id = "nino.gpt2"
    static let name = "GPT-2"
    static let version = "1.0.0"
    static let modelTypes = ["gpt2"]
    static let sampleConfigurations = [
        #"{"model_type": "gpt2", "vocab_size": 29, "n_positions": 16, "n_embd": 12, "n_layer": 2, "n_head": 3}"#,
        #"{"model_type": "gpt2", "vocab_size": 7, "n_positions": 5, "n_embd": 8, "n_layer": 1, "n_head": 2, "#
            + #""n_inner": 10, "tie_word_embeddings": false}"#,
    ]

    let modules = Modules()
    let positions: Int
    let wte, wpe: Table
    let blocks: [Block]
    let finalNorm: LayerNorm
    let head: TextHead

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        let transformer = modules / "transformer"
        positions = c.positions
        wte = Table(transformer / "wte", .vocabulary, rows: c.vocabularySize, to: c.stream, c.weights)
        wpe = Table(transformer / "wpe", .positions, rows: c.positions, to: c.stream, c.weights)
        blocks = (0..<c.layers).map { Block(transformer / "h" / $0, layer: $0, c) }
        finalNorm = LayerNorm(transformer / "ln_f", c.stream, epsilon: c.epsilon)
        head = TextHead(
            c.task, modules, .init(sequence: "score", token: "classifier"), table: wte, isTied: c.isTied,
            weights: c.weights)
        modules.optionalPrefix("transformer.")
    }

    func forward(_ net: Network) throws {
        let tokens = try net.tokens(atMost: positions)
        var x = try wte(tokens) + wpe.rows(for: tokens)
        for block in blocks { x = try block(x) }
        try head(finalNorm(x), net)
    }
}

struct Block {
    let norm1, norm2: LayerNorm
    let attention: SelfAttention
    let mlp: MLP

    init(_ at: Path, layer: Int, _ c: Configuration) {
        let hidden = Axis(Group("hidden_\(layer)", size: c.hiddenSize))
        norm1 = LayerNorm(at / "ln_1", c.stream, epsilon: c.epsilon)
        attention = SelfAttention(at / "attn", layer: layer, c)
        norm2 = LayerNorm(at / "ln_2", c.stream, epsilon: c.epsilon)
        mlp = MLP(
            up: conv1D(at / "mlp.c_fc", c.stream, hidden, c.weights),
            down: conv1D(at / "mlp.c_proj", hidden, c.stream, c.residualWeights), c.activation)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let x = try x + attention(norm1(x))
        return try x + mlp(norm2(x))
    }
}

struct SelfAttention {
    let queriesKeysValues, output: Linear
    let attention: Attention

    init(_ at: Path, layer: Int, _ c: Configuration) {
        attention = Attention(
            layer: layer, heads: c.heads, width: c.stream.size / c.heads, isCausal: true, scale: c.scale)
        let all = attention.queries + attention.keys + attention.values
        queriesKeysValues = conv1D(at / "c_attn", c.stream, all, c.weights)
        output = conv1D(at / "c_proj", attention.outputs, c.stream, c.residualWeights)
        (at / "bias").ignore([1, 1, Axis(fixed: c.positions), Axis(fixed: c.positions)])
        (at / "masked_bias").ignore([])
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let parts = try queriesKeysValues(x).split(3)
        return try output(attention(parts[0], parts[1], parts[2]))
    }
}

/// A linear layer with the weight stored [in, out].
private func conv1D(_ at: Path, _ input: Axis, _ output: Axis, _ weights: Initialization) -> Linear {
    Linear(at, from: input, to: output, layout: .inFirst, weights: weights)
}

struct Configuration {
    let stream: Axis
    let vocabularySize, positions, layers, heads, hiddenSize: Int
    let activation: Activation
    let epsilon: Double
    let scale: Double?
    let weights, residualWeights: Initialization
    let isTied: Bool
    let task: TextTask

    init(_ configuration: inout ConfigurationReader) throws {
        vocabularySize = try configuration.integer("vocab_size", default: 50257)
        positions = try configuration.integer("n_positions", default: 1024, in: 1...(1 << 24))
        let width = try configuration.integer("n_embd", default: 768, in: 1...(1 << 20))
        layers = try configuration.integer("n_layer", default: 12, in: 1...4096)
        heads = try configuration.divisor("n_head", of: "n_embd", width, default: 12)
        hiddenSize = try configuration.integer("n_inner", default: 4 * width)
        activation = try configuration.activation("activation_function", default: "gelu_new")
        epsilon = try configuration.real("layer_norm_epsilon", default: 1e-5, in: 0...1)
        let standardDeviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
        scale = try configuration.boolean("scale_attn_weights", default: true) ? nil : 1
        isTied = try configuration.boolean("tie_word_embeddings", default: true)
        try configuration.refuse(flags: "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn")
        try configuration.dropouts("resid_pdrop", "embd_pdrop", "attn_pdrop")
        task = try configuration.textTask([
            "GPT2LMHeadModel": .language, "GPT2Model": .body, "GPT2ForSequenceClassification": .sequenceClasses,
            "GPT2ForTokenClassification": .tokenClasses, "GPT2ForQuestionAnswering": .answerSpans,
        ])
        try configuration.readHuggingFaceKeys(ignored: [
            "n_ctx", "n_special", "predict_special_tokens", "summary_type", "summary_use_proj", "summary_activation",
            "summary_proj_to_labels", "summary_first_dropout", "output_past",
        ])
        stream = Axis(Group("residual", size: width))
        weights = .normal(standardDeviation: standardDeviation)
        residualWeights = .normal(standardDeviation: standardDeviation / Double(2 * layers).squareRoot())
    }
}

private let plugin = Plugin(GPT2.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
