// modded-nanoGPT (Jordan et al. 2024, the NanoGPT speedrun), the record of 3 November 2024 (untied embedding and head),
// names of its state dict. Norms have no weights and there are no biases; all weights [out, in]. The record computes
// partly in bfloat16, this in float32.
//
//   transformer.wte.weight [vocabulary, n_embd]   lm_head.weight [vocabulary, n_embd]
//   transformer.h.{l}.attn.{c_q,c_k,c_v,c_proj}, .mlp.{c_fc [4·n_embd, n_embd],c_proj}: weight
//
// Config (ours: the record has none): `model_type` modded_nanogpt, and vocab_size, n_layer, n_head, n_embd with the
// record's defaults.
//
// Symmetry: the residual stream; in each layer the heads, in each head the value dimensions; the MLP's hidden units.
// The rotary embedding tells the query and key dimensions apart.
import NinoPluginSDK

struct NanoGPT: Architecture {
    static let id = "nino.nanogpt"
    static let name = "modded-nanoGPT"
    static let version = "1.0.0"
    static let modelTypes = ["modded_nanogpt"]
    static let sampleConfigurations = [
        #"{"model_type": "modded_nanogpt", "vocab_size": 29, "n_embd": 12, "n_layer": 2, "n_head": 3}"#
    ]

    let modules = Modules()
    let embedding: Table
    let blocks: [Block]
    let norm = RMSNorm(epsilon: torchEpsilon)
    let head: Linear

    init(_ configuration: inout ConfigurationReader) throws {
        let vocabularySize = try configuration.integer("vocab_size", default: 50304)
        let width = try configuration.integer("n_embd", default: 768, in: 1...(1 << 20))
        let layers = try configuration.integer("n_layer", default: 12, in: 1...4096)
        let heads = try configuration.divisor("n_head", of: "n_embd", width, default: 6)
        guard (width / heads).isMultiple(of: 2) else {
            throw PluginError.invalid(
                "key \"n_head\": expected heads of an even width for the rotary embedding, found \(heads) of width "
                    + "\(width / heads)"
            )
        }
        try configuration.refuseOtherKeys()
        let stream = Axis(Group("residual", size: width))
        let transformer = modules / "transformer"
        embedding = Table(
            transformer / "wte", .vocabulary, rows: vocabularySize, to: stream, .normal(standardDeviation: 1))
        blocks = (0..<layers).map { Block(transformer / "h" / $0, layer: $0, stream: stream, heads: heads) }
        head = Linear(
            modules / "lm_head", from: stream, to: Axis(fixed: vocabularySize), bias: false, weights: .constant(0))
    }

    func forward(_ net: Network) throws {
        var x = try norm(embedding(net.tokens()))
        for block in blocks { x = try block(x) }
        try net.predictNext(head(norm(x)))
    }
}

struct Block {
    let attention: SelfAttention
    let mlp: MLP
    let norm = RMSNorm(epsilon: torchEpsilon)

    init(_ at: Path, layer: Int, stream: Axis, heads: Int) {
        let hidden = Axis(Group("hidden_\(layer)", size: 4 * stream.size))
        attention = SelfAttention(at / "attn", layer: layer, stream: stream, heads: heads)
        mlp = MLP(
            up: Linear(at / "mlp.c_fc", from: stream, to: hidden, bias: false),
            down: Linear(at / "mlp.c_proj", from: hidden, to: stream, bias: false, weights: .constant(0)),
            .reluSquared)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let x = try x + attention(norm(x))
        return try x + mlp(norm(x))
    }
}

struct SelfAttention {
    let query, key, value, output: Linear
    let norm: RMSNorm
    let attention: Attention

    init(_ at: Path, layer: Int, stream: Axis, heads: Int) {
        let width = stream.size / heads
        attention = Attention(
            layer: layer, heads: heads, kvHeads: heads, width: width, isRotary: true, isCausal: true)
        norm = RMSNorm(width: width, epsilon: torchEpsilon)
        query = Linear(at / "c_q", from: stream, to: attention.queries, bias: false)
        key = Linear(at / "c_k", from: stream, to: attention.keys, bias: false)
        value = Linear(at / "c_v", from: stream, to: attention.values, bias: false)
        output = Linear(at / "c_proj", from: attention.outputs, to: stream, bias: false, weights: .constant(0))
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        try output(attention(turned(norm(query(x))), turned(norm(key(x))), value(x)))
    }

    /// The record turns by the negative of the usual angle.
    private func turned(_ x: Neurons) throws -> Neurons {
        try x.applying(
            "rotary", ["width": .integer(attention.width), "theta": .real(10_000), "inverse": .integer(1)])
    }
}

/// torch's default for float32.
private let torchEpsilon = 0x1p-23

private let plugin = Plugin(NanoGPT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
