// Qwen3, the dense models (Yang et al. 2025), tensor names and config keys of Hugging Face's Qwen3ForCausalLM
// (transformers 4.57 and 5): Llama with an RMS norm of each head's queries and keys; weights [out, in].
//
//   model.embed_tokens.weight [vocabulary, hidden]
//   model.layers.{l}.self_attn.{q,k,v,o}_proj (weight, bias if asked), .self_attn.{q,k}_norm [head_dim],
//   .mlp.{gate,up,down}_proj, .input_layernorm, .post_attention_layernorm: weight
//   model.norm.weight [hidden]   lm_head.weight [vocabulary, hidden] (only if untied)
//
// Symmetry: as Llama's; the head norms, shared by all heads, stay.
import NinoPluginSDK

struct Qwen3: Architecture {
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

    let modules = Modules()
    let embedding: Table
    let layers: [DecoderLayer]
    let norm: RMSNorm
    let head: TextHead

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try DecoderConfiguration(
            &configuration,
            .init(
                vocabularySize: 151936, width: 4096, hiddenSize: 22016, layers: 32, heads: 32, kvHeads: 32,
                headWidth: 128, positions: 32768))
        try configuration.refuseSlidingWindows(layers: c.layers)
        let task = try configuration.textTask([
            "Qwen3ForCausalLM": .language, "Qwen3Model": .body, "Qwen3ForSequenceClassification": .sequenceClasses,
            "Qwen3ForTokenClassification": .tokenClasses, "Qwen3ForQuestionAnswering": .answerSpans,
        ])
        try configuration.readHuggingFaceKeys()
        let body = task == .answerSpans ? "transformer" : "model"
        let model = modules / body
        embedding = Table(
            model / "embed_tokens", .vocabulary, rows: c.vocabularySize, to: c.stream, c.weights,
            paddingIndex: c.paddingIndex)
        layers = (0..<c.layers).map { DecoderLayer(model / "layers" / $0, layer: $0, c) }
        norm = RMSNorm(model / "norm", c.stream, epsilon: c.epsilon)
        (model / "rotary_emb.inv_freq").ignore([Axis(fixed: c.headWidth / 2)])
        head = TextHead(
            task, modules, .init(sequence: "score", token: "score"), table: embedding, isTied: c.isTied,
            weights: c.weights)
        modules.optionalPrefix("\(body).")
    }

    func forward(_ net: Network) throws {
        var x = try embedding(net.tokens())
        for layer in layers { x = try layer(x) }
        try head(norm(x), net)
    }
}

struct DecoderLayer {
    let attention: SelfAttention
    let mlp: GatedMLP
    let inputNorm, postAttentionNorm: RMSNorm

    init(_ at: Path, layer: Int, _ c: DecoderConfiguration) {
        let hidden = c.hidden(layer: layer)
        attention = SelfAttention(at / "self_attn", layer: layer, c)
        mlp = GatedMLP(
            gate: Linear(at / "mlp.gate_proj", from: c.stream, to: hidden, bias: false, weights: c.weights),
            up: Linear(at / "mlp.up_proj", from: c.stream, to: hidden, bias: false, weights: c.weights),
            down: Linear(at / "mlp.down_proj", from: hidden, to: c.stream, bias: false, weights: c.weights),
            c.activation)
        inputNorm = RMSNorm(at / "input_layernorm", c.stream, epsilon: c.epsilon)
        postAttentionNorm = RMSNorm(at / "post_attention_layernorm", c.stream, epsilon: c.epsilon)
        (at / "self_attn.rotary_emb.inv_freq").ignore([Axis(fixed: c.headWidth / 2)])
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let x = try x + attention(inputNorm(x))
        return try x + mlp(postAttentionNorm(x))
    }
}

struct SelfAttention {
    let query, key, value, output: Linear
    let queryNorm, keyNorm: RMSNorm
    let rotary: RotaryEmbedding
    let attention: Attention

    init(_ at: Path, layer: Int, _ c: DecoderConfiguration) {
        rotary = c.rotary
        attention = c.attention(layer: layer)
        let hasBias = c.hasAttentionBias
        query = Linear(at / "q_proj", from: c.stream, to: attention.queries, bias: hasBias, weights: c.weights)
        key = Linear(at / "k_proj", from: c.stream, to: attention.keys, bias: hasBias, weights: c.weights)
        value = Linear(at / "v_proj", from: c.stream, to: attention.values, bias: hasBias, weights: c.weights)
        output = Linear(at / "o_proj", from: attention.outputs, to: c.stream, bias: hasBias, weights: c.weights)
        queryNorm = RMSNorm(at / "q_norm", Axis(fixed: c.headWidth), epsilon: c.epsilon)
        keyNorm = RMSNorm(at / "k_norm", Axis(fixed: c.headWidth), epsilon: c.epsilon)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let q = try rotary(queryNorm(query(x)))
        let k = try rotary(keyNorm(key(x)))
        return try output(attention(q, k, value(x)))
    }
}

private let plugin = Plugin(Qwen3.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
