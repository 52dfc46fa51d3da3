// Qwen3, the dense models (Yang et al. 2025), tensor names and config keys of Hugging Face's Qwen3ForCausalLM (transformers 4.57 and 5):
// Llama with an RMS norm of each head's queries and keys; weights [out, in].
//
//   model.embed_tokens.weight [vocabulary, hidden]
//   model.layers.{l}.self_attn.{q,k,v,o}_proj (weight, bias if asked), .self_attn.{q,k}_norm [head_dim], .mlp.{gate,up,down}_proj,
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
        {"model_type": "qwen3", "vocab_size": 31, "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 6,
         "num_key_value_heads": 2, "head_dim": 2}
        """#,
        #"""
        {"model_type": "qwen3", "vocab_size": 7, "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 4,
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
            "num_key_value_heads", of: "num_attention_heads", heads, default: configuration.keys.contains("num_key_value_heads") ? heads : 32)
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
                $0, prefix: "model.layers.\($0)", AttentionAxes(layer: $0, rotaryHeads: heads, kvHeads: kvHeads, width: headWidth), hidden: hidden)
        }
    }

    // MARK: Layers

    private var stream: Axis { Axis(residual) }

    private var shape: TransformerShape {
        var shape = TransformerShape(residual: residual)
        (shape.inputBias, shape.outputBias, shape.isGated, shape.headNorms) = (hasAttentionBias, hasAttentionBias, true, true)
        return shape
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        let normal = Initialization.normal(mean: 0, deviation: deviation)
        try model.group(residual)
        try model.parameter("model.embed_tokens.weight", [Axis(fixed: vocabularySize), stream], normal)
        for block in layers {
            for group in block.groups { try model.group(group) }
            let (prefix, axes, hidden) = (block.prefix, block.attention, Axis(block.hidden))
            try model.layer("\(prefix).self_attn.q_proj", [axes.queries, stream], normal, bias: hasAttentionBias ? axes.queries : nil)
            try model.layer("\(prefix).self_attn.k_proj", [axes.keys, stream], normal, bias: hasAttentionBias ? axes.keys : nil)
            try model.layer("\(prefix).self_attn.v_proj", [axes.values, stream], normal, bias: hasAttentionBias ? axes.values : nil)
            try model.layer("\(prefix).self_attn.o_proj", [stream, axes.outputs], normal, bias: hasAttentionBias ? stream : nil)
            for norm in ["q_norm", "k_norm"] { try model.parameter("\(prefix).self_attn.\(norm).weight", [Axis(fixed: axes.width)], .constant(1)) }
            try model.layer("\(prefix).mlp.gate_proj", [hidden, stream], normal, bias: nil)
            try model.layer("\(prefix).mlp.up_proj", [hidden, stream], normal, bias: nil)
            try model.layer("\(prefix).mlp.down_proj", [stream, hidden], normal, bias: nil)
            try model.parameter("\(prefix).input_layernorm.weight", [stream], .constant(1))
            try model.parameter("\(prefix).post_attention_layernorm.weight", [stream], .constant(1))
            try model.ignored("\(prefix).self_attn.rotary_emb.inv_freq", [Axis(fixed: axes.width / 2)])
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
        for (layer, at) in zip(layers, nodes) {
            let (prefix, next) = (layer.prefix, streams[layer.index + 1])
            let inputs = ["q", "k", "v"].map { part in
                AttentionInput(
                    .rows("\(prefix).self_attn.\(part)_proj.weight", inputs: residual.size), bias: .vector("\(prefix).self_attn.\(part)_proj.bias"))
            }
            try graph.attention(prefix, at, query: inputs[0], key: inputs[1], value: inputs[2])
            try graph.linear("\(prefix).self_attn.o_proj", from: at.values, bias: at.outputBias, to: at.middle)
            try graph.headNorm("\(prefix).self_attn.q_norm.weight", from: at.queryNorm, at)
            try graph.headNorm("\(prefix).self_attn.k_norm.weight", from: at.keyNorm, at)
            try graph.linear("\(prefix).mlp.gate_proj", from: at.middle, bias: nil, to: at.hidden)
            try graph.linear("\(prefix).mlp.up_proj", from: at.middle, bias: nil, to: at.hidden)
            try graph.residual("\(prefix) MLP residual", from: at.middle, to: next)
            try graph.linear("\(prefix).mlp.down_proj", from: at.hidden, bias: nil, to: next)
            try graph.norm("\(prefix).input_layernorm", at.norm1, of: at.stream)
            try graph.norm("\(prefix).post_attention_layernorm", at.norm2, of: at.middle)
        }
        try graph.norm("model.norm", end.norm, of: end.stream)
        if let logits { try graph.dense("lm_head.weight", .linear, from: end.stream, to: logits) }
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        var x = try forward.embedding(forward.tokens(), table: "model.embed_tokens.weight", paddingRow: paddingRow)
        for layer in layers {
            let (prefix, axes) = (layer.prefix, layer.attention)
            var y = try forward.rmsNorm(x, weight: "\(prefix).input_layernorm.weight", epsilon: epsilon)
            let query = try forward.headNorm(
                forward.linear(y, "\(prefix).self_attn.q_proj", bias: hasAttentionBias), weight: "\(prefix).self_attn.q_norm.weight",
                width: axes.width, epsilon: epsilon)
            let key = try forward.headNorm(
                forward.linear(y, "\(prefix).self_attn.k_proj", bias: hasAttentionBias), weight: "\(prefix).self_attn.k_norm.weight",
                width: axes.width, epsilon: epsilon)
            let value = try forward.linear(y, "\(prefix).self_attn.v_proj", bias: hasAttentionBias)
            y = try forward.attention(
                forward.rotary(query, rotary, width: axes.width), forward.rotary(key, rotary, width: axes.width), value, axes, isCausal: true)
            x = try forward.add(x, forward.linear(y, "\(prefix).self_attn.o_proj", bias: hasAttentionBias))
            y = try forward.rmsNorm(x, weight: "\(prefix).post_attention_layernorm.weight", epsilon: epsilon)
            let gate = try forward.activate(forward.linear(y, "\(prefix).mlp.gate_proj", bias: false), activation)
            y = try forward.multiply(gate, forward.linear(y, "\(prefix).mlp.up_proj", bias: false))
            x = try forward.add(x, forward.linear(y, "\(prefix).mlp.down_proj", bias: false))
        }
        x = try forward.rmsNorm(x, weight: "model.norm.weight", epsilon: epsilon)
        try forward.predictNext(forward.linear(x, weight: isTied ? "model.embed_tokens.weight" : "lm_head.weight"))
    }
}

private let plugin = Plugin(Qwen3.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
