// GPT-2 (Radford et al. 2019), tensor names and config keys of Hugging Face's GPT2LMHeadModel (transformers 4.57).
// Weights of its
// layers are stored [in, out]; queries, keys and values are one tensor.
//
//   transformer.wte.weight [vocabulary, n_embd]   transformer.wpe.weight [n_positions, n_embd]
//   transformer.h.{l}.ln_1, .attn.c_attn [n_embd, 3·n_embd], .attn.c_proj, .ln_2, .mlp.c_fc, .mlp.c_proj: weight and
//   bias each
//   transformer.ln_f   lm_head.weight [vocabulary, n_embd] (only if untied)
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions;
// the MLP's hidden units.
import NinoPluginSDK

struct GPT2: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.gpt2"
    static let name = "GPT-2"
    static let version = "1.0.0"
    static let modelTypes = ["gpt2"]
    static let sampleConfigurations = [
        #"{"model_type": "gpt2", "vocab_size": 29, "n_positions": 16, "n_embd": 12, "n_layer": 2, "n_head": 3}"#,
        #"{"model_type": "gpt2", "vocab_size": 7, "n_positions": 5, "n_embd": 8, "n_layer": 1, "n_head": 2, "#
            + #""n_inner": 10, "tie_word_embeddings": false}"#,
    ]

    // MARK: Configuration

    let residual: Group
    let vocabularySize: Int
    let positions: Int
    let layers: [TransformerLayer]
    let activation: Activation
    let epsilon: Double
    let deviation: Double
    let scale: Double?
    let isTied: Bool

    init(_ configuration: inout ConfigurationReader) throws {
        vocabularySize = try configuration.integer("vocab_size", default: 50257)
        positions = try configuration.integer("n_positions", default: 1024, in: 1...(1 << 24))
        let width = try configuration.integer("n_embd", default: 768, in: 1...(1 << 20))
        let layerCount = try configuration.integer("n_layer", default: 12, in: 1...4096)
        let heads = try configuration.integer("n_head", default: 12, in: 1...65536)
        let hidden = try configuration.integer("n_inner", default: 4 * width)
        activation = try configuration.activation("activation_function", default: "gelu_new")
        epsilon = try configuration.real("layer_norm_epsilon", default: 1e-5, in: 0...1)
        deviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
        scale = try configuration.boolean("scale_attn_weights", default: true) ? nil : 1
        isTied = try configuration.boolean("tie_word_embeddings", default: true)
        try configuration.refuse(flags: "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn")
        try configuration.dropouts("resid_pdrop", "embd_pdrop", "attn_pdrop")
        try configuration.readHuggingFaceKeys(classes: ["GPT2LMHeadModel", "GPT2Model"])
        try configuration.refuseOtherKeys(
            ignored: ConfigurationReader.huggingFaceIgnored.union([
                "n_ctx", "n_special", "predict_special_tokens", "summary_type", "summary_use_proj",
                "summary_activation", "summary_proj_to_labels",
                "summary_first_dropout",
            ]))
        guard width.isMultiple(of: heads) else {
            throw PluginError.invalid("key \"n_head\": expected a divisor of n_embd = \(width), found \(heads)")
        }
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer(
                $0, prefix: "transformer.h.\($0)", AttentionAxes(layer: $0, heads: heads, width: width / heads),
                hidden: hidden)
        }
    }

    // MARK: Layers

    private var stream: Axis { Axis(residual) }

    private var shape: TransformerShape {
        TransformerShape(
            residual: residual,
            [
                .norm1("ln_1"), .fusedAttention(weight: "attn.c_attn.weight", bias: "attn.c_attn.bias"),
                .output("attn.c_proj"), .norm2("ln_2"),
                .hidden("mlp.c_fc"), .projection("mlp.c_proj"),
            ], layout: .inFirst, normBias: true, inputBias: true, outputBias: true, mlpBias: true)
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        let normal = Initialization.normal(mean: 0, deviation: deviation)
        let residualNormal = Initialization.normal(
            mean: 0, deviation: deviation / Double(2 * layers.count).squareRoot())
        try model.group(residual)
        try model.parameter("transformer.wte.weight", [Axis(fixed: vocabularySize), stream], normal)
        try model.parameter("transformer.wpe.weight", [Axis(fixed: positions), stream], normal)
        for layer in layers {
            try model.layer(layer, shape, weights: { part, _, _ in part.isResidual ? residualNormal : normal })
            try model.ignored("\(layer.prefix).attn.bias", [1, 1, Axis(fixed: positions), Axis(fixed: positions)])
            try model.ignored("\(layer.prefix).attn.masked_bias", [])
        }
        try model.layer("transformer.ln_f", [stream], .constant(1), bias: stream)
        if isTied {
            try model.tied("lm_head.weight", to: "transformer.wte.weight")
        } else {
            try model.parameter("lm_head.weight", [Axis(fixed: vocabularySize), stream], normal)
        }
        try model.optionalPrefix("transformer.")
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let vocabulary = try graph.nodes("vocabulary", Axis(fixed: vocabularySize), isTokenTable: true)
        let positions = try graph.nodes("positions", Axis(fixed: positions))
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.finalNodes(shape)
        let logits = isTied ? nil : try graph.nodes("logits", Axis(fixed: vocabularySize))
        let streams = nodes.map(\.stream) + [end.stream]
        try graph.table("transformer.wte.weight", .tokenTable, from: vocabulary, to: streams[0])
        try graph.table("transformer.wpe.weight", .positionTable, from: positions, to: streams[0])
        for (layer, at) in zip(layers, nodes) { try graph.edges(layer, shape, at, next: streams[layer.index + 1]) }
        try graph.norm("transformer.ln_f", end.norm, bias: end.normBias, of: end.stream)
        if let logits { try graph.dense("lm_head.weight", .linear, from: end.stream, to: logits) }
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let tokens = try forward.tokens(atMost: positions)
        let places = try forward.slice(forward.tensor("transformer.wpe.weight"), axis: 0, 0..<forward.shape(tokens)[1])
        var x = try forward.add(forward.embedding(tokens, table: "transformer.wte.weight"), places)
        let rule = TransformerForward(epsilon: epsilon, activation: activation, isCausal: true, scale: scale)
        for layer in layers { x = try forward.layer(x, layer, shape, rule) }
        x = try forward.layerNorm(x, "transformer.ln_f", epsilon: epsilon)
        try forward.predictNext(forward.linear(x, weight: isTied ? "transformer.wte.weight" : "lm_head.weight"))
    }
}

private let plugin = Plugin(GPT2.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
