// modded-nanoGPT (Jordan et al. 2024, the NanoGPT speedrun), the record of 3 November 2024 (untied embedding and head),
// names of its
// state dict. Norms have no weights and there are no biases; all weights [out, in]. The record computes partly in
// bfloat16, this in float32.
//
//   transformer.wte.weight [vocabulary, n_embd]   lm_head.weight [vocabulary, n_embd]
//   transformer.h.{l}.attn.{c_q,c_k,c_v,c_proj}, .mlp.{c_fc [4·n_embd, n_embd],c_proj}: weight
//
// Config (ours: the record has none): `model_type` modded_nanogpt, and vocab_size, n_layer, n_head, n_embd with the
// record's defaults.
//
// Symmetry: the residual stream; in each layer the heads, in each head the value dimensions; the MLP's hidden units.
// The rotary embedding
// tells the query and key dimensions apart.
//
// Graph: as Llama's untied one with as many key as query heads and no up, without nodes for the norms.
import NinoPluginSDK

struct NanoGPT: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.nanogpt"
    static let name = "modded-nanoGPT"
    static let version = "1.0.0"
    static let modelTypes = ["modded_nanogpt"]
    static let sampleConfigurations = [
        #"{"model_type": "modded_nanogpt", "vocab_size": 29, "n_embd": 12, "n_layer": 2, "n_head": 3}"#
    ]

    // MARK: Configuration

    let residual: Group
    let vocabularySize: Int
    let layers: [TransformerLayer]

    init(_ configuration: inout ConfigurationReader) throws {
        vocabularySize = try configuration.integer("vocab_size", default: 50304)
        let width = try configuration.integer("n_embd", default: 768, in: 1...(1 << 20))
        let layerCount = try configuration.integer("n_layer", default: 12, in: 1...4096)
        let heads = try configuration.divisor("n_head", of: "n_embd", width, default: 6)
        guard (width / heads).isMultiple(of: 2) else {
            throw PluginError.invalid(
                "key \"n_head\": expected heads of an even width for the rotary embedding, found \(heads) of width "
                    + "\(width / heads)"
            )
        }
        try configuration.refuseOtherKeys()
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer(
                $0, prefix: "transformer.h.\($0)",
                AttentionAxes(layer: $0, rotaryHeads: heads, kvHeads: heads, width: width / heads), hidden: 4 * width)
        }
    }

    // MARK: Layers

    private var stream: Axis { Axis(residual) }
    private var vocabulary: Axis { Axis(fixed: vocabularySize) }

    private var shape: TransformerShape {
        TransformerShape(
            residual: residual,
            [
                .norm1(nil), .attention(query: "attn.c_q", key: "attn.c_k", value: "attn.c_v"), .queryNorm(nil),
                .keyNorm(nil), .output("attn.c_proj"),
                .norm2(nil), .hidden("mlp.c_fc"), .projection("mlp.c_proj"),
            ], inputBias: false, outputBias: false, mlpBias: false)
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        try model.group(residual)
        try model.parameter("transformer.wte.weight", [vocabulary, stream], .normal(mean: 0, deviation: 1))
        for layer in layers {
            try model.layer(
                layer, shape,
                weights: { part, fanIn, _ in part.isResidual ? .constant(0) : .pytorchDefault(fanIn: fanIn) })
        }
        try model.parameter("lm_head.weight", [vocabulary, stream], .constant(0))
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let words = try graph.nodes("vocabulary", vocabulary, isTokenTable: true)
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.nodes("final stream", stream)
        let streams = nodes.map(\.stream) + [end]
        try graph.table("transformer.wte.weight", .tokenTable, from: words, to: streams[0])
        for (layer, at) in zip(layers, nodes) { try graph.edges(layer, shape, at, next: streams[layer.index + 1]) }
        try graph.dense("lm_head.weight", .linear, from: end, to: graph.nodes("logits", vocabulary))
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let epsilon = 0x1p-23  // torch's default for float32
        var x = try forward.rmsNorm(
            forward.embedding(forward.tokens(), table: "transformer.wte.weight"), weight: nil, epsilon: epsilon)
        let rule = TransformerForward(
            epsilon: epsilon, activation: .reluSquared, isCausal: true,
            rotary: RotaryEmbedding(theta: 10_000, isInverse: true))
        for layer in layers { x = try forward.layer(x, layer, shape, rule) }
        try forward.predictNext(
            forward.linear(forward.rmsNorm(x, weight: nil, epsilon: epsilon), weight: "lm_head.weight"))
    }
}

private let plugin = Plugin(NanoGPT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
