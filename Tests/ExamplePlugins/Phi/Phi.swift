// Phi (Li et al. 2023), tensor names and config keys of Hugging Face's PhiForCausalLM: attention and MLP side by side
// on one norm, as GPT-NeoX and GPT-J have them, and a rotary embedding of a part of each head. Weights [out, in].
//
//   model.embed_tokens.weight   model.layers.{l}.self_attn.{q,k,v}_proj, .self_attn.dense, .mlp.fc1, .mlp.fc2,
//   .input_layernorm   model.final_layernorm   lm_head: weight and bias each
//
// Symmetry: the residual stream; in each layer the heads, in each head the value dimensions; the MLP's hidden units.
import NinoPluginSDK

struct Phi: Architecture {
    static let id = "test.phi"
    static let name = "Phi"
    static let version = "1.0.0"
    static let modelTypes = ["phi"]
    static let sampleConfigurations = [
        #"{"model_type": "phi", "vocab_size": 11, "hidden_size": 12, "intermediate_size": 10, "#
            + #""num_hidden_layers": 2, "num_attention_heads": 3, "partial_rotary_factor": 1}"#
    ]

    let modules = Modules()
    let embedding: Table
    let layers: [DecoderLayer]
    let norm: LayerNorm
    let head: Linear

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        let model = modules / "model"
        embedding = Table(model / "embed_tokens", .vocabulary, rows: c.vocabularySize, to: c.stream, c.weights)
        layers = (0..<c.layers).map { DecoderLayer(model / "layers" / $0, layer: $0, c) }
        norm = LayerNorm(model / "final_layernorm", c.stream, epsilon: c.epsilon)
        head = Linear(modules / "lm_head", from: c.stream, to: Axis(fixed: c.vocabularySize), weights: c.weights)
    }

    func forward(_ net: Network) throws {
        var x = try embedding(net.tokens())
        for layer in layers { x = try layer(x) }
        try net.predictNext(head(norm(x)))
    }
}

struct DecoderLayer {
    let attention: SelfAttention
    let mlp: MLP
    let norm: LayerNorm

    init(_ at: Path, layer: Int, _ c: Configuration) {
        let hidden = Axis(Group("hidden_\(layer)", size: c.hiddenSize))
        attention = SelfAttention(at / "self_attn", layer: layer, c)
        mlp = MLP(
            up: Linear(at / "mlp.fc1", from: c.stream, to: hidden, weights: c.weights),
            down: Linear(at / "mlp.fc2", from: hidden, to: c.stream, weights: c.weights), .geluTanh)
        norm = LayerNorm(at / "input_layernorm", c.stream, epsilon: c.epsilon)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let inner = try norm(x)
        return try attention(inner) + mlp(inner) + x
    }
}

struct SelfAttention {
    let query, key, value, output: Linear
    let rotary: RotaryEmbedding
    let attention: Attention

    init(_ at: Path, layer: Int, _ c: Configuration) {
        rotary = c.rotary
        attention = Attention(
            layer: layer, heads: c.heads, width: c.rotary.width, isRotary: true, isCausal: true)
        query = Linear(at / "q_proj", from: c.stream, to: attention.queries, weights: c.weights)
        key = Linear(at / "k_proj", from: c.stream, to: attention.keys, weights: c.weights)
        value = Linear(at / "v_proj", from: c.stream, to: attention.values, weights: c.weights)
        output = Linear(at / "dense", from: attention.outputs, to: c.stream, weights: c.weights)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        try output(attention(rotary(query(x)), rotary(key(x)), value(x)))
    }
}

struct Configuration {
    let stream: Axis
    let vocabularySize, layers, heads, hiddenSize: Int
    let epsilon: Double
    let weights: Initialization
    let rotary: RotaryEmbedding

    init(_ configuration: inout ConfigurationReader) throws {
        vocabularySize = try configuration.integer("vocab_size", default: 51200)
        let width = try configuration.integer("hidden_size", default: 2048, in: 1...(1 << 20))
        hiddenSize = try configuration.integer("intermediate_size", default: 8192)
        layers = try configuration.integer("num_hidden_layers", default: 24, in: 1...4096)
        heads = try configuration.divisor("num_attention_heads", of: "hidden_size", width, default: 32)
        epsilon = try configuration.real("layer_norm_eps", default: 1e-5, in: 0...1)
        weights = .normal(standardDeviation: try configuration.real("initializer_range", default: 0.02, in: 0...10))
        let turned = try configuration.real("partial_rotary_factor", default: 0.5, in: 0...1)
        let theta = try configuration.real("rope_theta", default: 10_000, in: 1...1e9)
        try configuration.refuseOtherKeys()
        let headWidth = width / heads
        let dimensions = Int(Double(headWidth) * turned)
        guard dimensions > 0, dimensions.isMultiple(of: 2) else {
            throw PluginError.invalid(
                "key \"partial_rotary_factor\": expected an even number of a head's \(headWidth) dimensions, found "
                    + "\(turned)")
        }
        rotary = RotaryEmbedding(theta: theta, width: headWidth, dimensions: dimensions)
        stream = Axis(Group("residual", size: width))
    }
}

private let plugin = Plugin(Phi.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
