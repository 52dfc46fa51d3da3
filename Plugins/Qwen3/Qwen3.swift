// Qwen3, the dense models (Yang et al. 2025), tensor names and config keys of Hugging Face's Qwen3ForCausalLM
// (transformers 4.57 and 5):
// Llama with an RMS norm of each head's queries and keys; weights [out, in].
//
//   model.embed_tokens.weight [vocabulary, hidden]
//   model.layers.{l}.self_attn.{q,k,v,o}_proj (weight, bias if asked), .self_attn.{q,k}_norm [head_dim],
//   .mlp.{gate,up,down}_proj,
//   .input_layernorm, .post_attention_layernorm: weight
//   model.norm.weight [hidden]   lm_head.weight [vocabulary, hidden] (only if untied)
//
// Symmetry: as Llama's; the head norms, shared by all heads, stay.
import NinoPluginSDK

struct Qwen3: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.qwen3"
    static let name = "Qwen3"
    static let version = "1.0.0"
    static let modelTypes = ["qwen3"]
    static let sampleConfigurations = [
        #"""
        {"model_type": "qwen3", "vocab_size": 31, "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2,
          "num_attention_heads": 6,
         "num_key_value_heads": 2, "head_dim": 2}
        """#,
        #"""
        {"model_type": "qwen3", "vocab_size": 7, "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2,
          "num_attention_heads": 4,
         "num_key_value_heads": 4, "head_dim": 6, "attention_bias": true, "tie_word_embeddings": true}
        """#,
    ]

    // MARK: Configuration

    let residual: Group
    let vocabularySize: Int
    let layers: [TransformerLayer]
    let rotary: RotaryEmbedding
    let activation: Activation
    let epsilon: Double
    let deviation: Double
    let paddingRow: Int?
    let hasAttentionBias: Bool
    let isTied: Bool

    init(_ configuration: inout ConfigurationReader) throws {
        let vocabularySize = try configuration.integer("vocab_size", default: 151936)
        let width = try configuration.integer("hidden_size", default: 4096, in: 1...(1 << 20))
        let hidden = try configuration.integer("intermediate_size", default: 22016)
        let layerCount = try configuration.integer("num_hidden_layers", default: 32, in: 1...4096)
        let heads = try configuration.integer("num_attention_heads", default: 32, in: 1...65536)
        let kvHeads = try configuration.divisor(
            "num_key_value_heads", of: "num_attention_heads", heads,
            default: configuration.keys.contains("num_key_value_heads") ? heads : 32)
        let headWidth = try configuration.integer("head_dim", default: 128, in: 1...65536)
        let positions = try configuration.integer("max_position_embeddings", default: 32768)
        rotary = try RotaryEmbedding(&configuration, width: headWidth, positions: positions)
        try configuration.refuseSlidingWindows(layers: layerCount)
        activation = try configuration.activation("hidden_act", default: "silu")
        epsilon = try configuration.real("rms_norm_eps", default: 1e-6, in: 0...1)
        deviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
        paddingRow = try configuration.paddingRow(vocabularySize: vocabularySize)
        hasAttentionBias = try configuration.boolean("attention_bias", default: false)
        isTied = try configuration.boolean("tie_word_embeddings", default: false)
        try configuration.dropouts("attention_dropout")
        try configuration.readHuggingFaceKeys(classes: ["Qwen3ForCausalLM", "Qwen3Model"])
        try configuration.refuseOtherKeys(ignored: ConfigurationReader.huggingFaceIgnored)
        self.vocabularySize = vocabularySize
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer(
                $0, prefix: "model.layers.\($0)",
                AttentionAxes(layer: $0, rotaryHeads: heads, kvHeads: kvHeads, width: headWidth), hidden: hidden)
        }
    }

    // MARK: Layers

    private var stream: Axis { Axis(residual) }

    private var shape: TransformerShape {
        TransformerShape(
            residual: residual,
            [
                .attention(query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj"),
                .output("self_attn.o_proj"),
                .queryNorm("self_attn.q_norm"), .keyNorm("self_attn.k_norm"),
                .hidden("mlp.gate_proj"), .up("mlp.up_proj"), .projection("mlp.down_proj"), .norm1("input_layernorm"),
                .norm2("post_attention_layernorm"),
            ], inputBias: hasAttentionBias, outputBias: hasAttentionBias, mlpBias: false)
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        let normal = Initialization.normal(mean: 0, deviation: deviation)
        try model.group(residual)
        try model.parameter("model.embed_tokens.weight", [Axis(fixed: vocabularySize), stream], normal)
        for layer in layers {
            try model.layer(layer, shape, weights: { _, _, _ in normal })
            try model.ignored("\(layer.prefix).self_attn.rotary_emb.inv_freq", [Axis(fixed: layer.attention.width / 2)])
        }
        try model.parameter("model.norm.weight", [stream], .constant(1))
        try model.ignored("model.rotary_emb.inv_freq", [Axis(fixed: layers[0].attention.width / 2)])
        if isTied {
            try model.tied("lm_head.weight", to: "model.embed_tokens.weight")
        } else {
            try model.parameter("lm_head.weight", [Axis(fixed: vocabularySize), stream], normal)
        }
        try model.optionalPrefix("model.")
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let vocabulary = try graph.nodes("vocabulary", Axis(fixed: vocabularySize), isTokenTable: true)
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.finalNodes(shape)
        let logits = isTied ? nil : try graph.nodes("logits", Axis(fixed: vocabularySize))
        let streams = nodes.map(\.stream) + [end.stream]
        try graph.table("model.embed_tokens.weight", .tokenTable, from: vocabulary, to: streams[0])
        for (layer, at) in zip(layers, nodes) { try graph.edges(layer, shape, at, next: streams[layer.index + 1]) }
        try graph.norm("model.norm", end.norm, of: end.stream)
        if let logits { try graph.dense("lm_head.weight", .linear, from: end.stream, to: logits) }
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        var x = try forward.embedding(forward.tokens(), table: "model.embed_tokens.weight", paddingRow: paddingRow)
        let rule = TransformerForward(epsilon: epsilon, activation: activation, isCausal: true, rotary: rotary)
        for layer in layers { x = try forward.layer(x, layer, shape, rule) }
        x = try forward.rmsNorm(x, weight: "model.norm.weight", epsilon: epsilon)
        try forward.predictNext(forward.linear(x, weight: isTied ? "model.embed_tokens.weight" : "lm_head.weight"))
    }
}

private let plugin = Plugin(Qwen3.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
