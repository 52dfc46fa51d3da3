// The vision transformer of CLIP (Radford et al. 2021), tensor names and config keys of Hugging Face's
// CLIPVisionModelWithProjection
// (`model_type` clip_vision_model; transformers 4.57 and 5). Weights [out, in].
//
//   vision_model.embeddings: class_embedding [hidden], patch_embedding.weight [hidden, channels, p, p],
//   position_embedding.weight
//   vision_model.pre_layrnorm (so spelt)   vision_model.post_layernorm   visual_projection.weight [projection, hidden]
//   vision_model.encoder.layers.{l}.self_attn.{k,v,q,out}_proj, .layer_norm1, .mlp.{fc1,fc2}, .layer_norm2: weight and
//   bias each
//
// Logits are the image's embedding. Trained here, its elements stand for the classes: loss is the cross-entropy with
// `labels` below
// projection_dim (CLIP's own loss needs the text model).
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions; the
// MLP's hidden units.
//
// Graph: as ViT's; the norm before the first layer points to the first stream.
import NinoPluginSDK

struct CLIP: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.clip"
    static let name = "CLIP vision transformer"
    static let version = "1.0.0"
    static let modelTypes = ["clip_vision_model"]
    static let sampleConfigurations = [
        #"""
        {"model_type": "clip_vision_model", "hidden_size": 12, "intermediate_size": 10, "projection_dim": 5,
          "num_hidden_layers": 2,
         "num_attention_heads": 3, "image_size": 9, "patch_size": 3}
        """#
    ]

    // MARK: Configuration

    let residual: Group
    let layers: [TransformerLayer]
    let channels, imageSize, patchSize, projection: Int
    let activation: Activation
    let epsilon, deviation, factor: Double

    init(_ configuration: inout ConfigurationReader) throws {
        let width = try configuration.integer("hidden_size", default: 768, in: 1...(1 << 20))
        let hidden = try configuration.integer("intermediate_size", default: 3072)
        projection = try configuration.integer("projection_dim", default: 512)
        let layerCount = try configuration.integer("num_hidden_layers", default: 12, in: 1...4096)
        let heads = try configuration.divisor("num_attention_heads", of: "hidden_size", width, default: 12)
        channels = try configuration.integer("num_channels", default: 3, in: 1...4096)
        imageSize = try configuration.side("image_size", default: 224)
        patchSize = try configuration.side("patch_size", default: 32, in: 1...imageSize)
        activation = try configuration.activation("hidden_act", default: "quick_gelu")
        epsilon = try configuration.real("layer_norm_eps", default: 1e-5, in: 0...1)
        deviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
        factor = try configuration.real("initializer_factor", default: 1, in: 0...1000)
        try configuration.dropouts("attention_dropout", "dropout")
        try configuration.readHuggingFaceKeys(classes: ["CLIPVisionModelWithProjection"])
        try configuration.refuseOtherKeys(ignored: ConfigurationReader.huggingFaceIgnored)
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer(
                $0, prefix: "vision_model.encoder.layers.\($0)",
                AttentionAxes(layer: $0, heads: heads, width: width / heads), hidden: hidden)
        }
    }

    // MARK: Layers

    private static let classToken = "vision_model.embeddings.class_embedding"
    private static let kernel = "vision_model.embeddings.patch_embedding.weight"
    private static let places = "vision_model.embeddings.position_embedding.weight"
    private static let (firstNorm, lastNorm) = ("vision_model.pre_layrnorm", "vision_model.post_layernorm")
    private static let head = "visual_projection.weight"

    private var stream: Axis { Axis(residual) }
    private var positions: Axis { Axis(fixed: imageSize / patchSize * (imageSize / patchSize) + 1) }

    private var shape: TransformerShape {
        TransformerShape(
            residual: residual,
            [
                .attention(
                    query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj", queryLast: true),
                .output("self_attn.out_proj"),
                .norm1("layer_norm1"), .hidden("mlp.fc1"), .projection("mlp.fc2"), .norm2("layer_norm2"),
            ], normBias: true, inputBias: true, outputBias: true, mlpBias: true)
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        let wide = factor / Double(residual.size).squareRoot()
        let narrow = wide / Double(2 * layers.count).squareRoot()
        func normal(_ deviation: Double) -> Initialization { .normal(mean: 0, deviation: deviation) }
        let patch = Axis(fixed: patchSize)
        try model.group(residual)
        try model.parameter(Self.classToken, [stream], normal(wide))
        try model.parameter(Self.kernel, [stream, Axis(fixed: channels), patch, patch], normal(deviation * factor))
        try model.parameter(Self.places, [positions, stream], normal(deviation * factor))
        try model.ignored("vision_model.embeddings.position_ids", [1, positions])
        try model.layer(Self.firstNorm, [stream], .constant(1), bias: stream)
        for layer in layers {
            try model.layer(
                layer, shape,
                weights: { part, _, _ in
                    switch part {
                    case .attention, .projection: normal(narrow)
                    case .hidden: normal(wide / 2.0.squareRoot())
                    default: normal(wide)
                    }
                })
        }
        try model.layer(Self.lastNorm, [stream], .constant(1), bias: stream)
        try model.parameter(Self.head, [Axis(fixed: projection), stream], normal(wide))
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let classToken = try graph.nodes("class token", isTokenTable: true)
        let (image, places) = try (graph.nodes("image", Axis(fixed: channels)), graph.nodes("positions", positions))
        let (norm, normBias) = try (graph.nodes("embedding norm"), graph.nodes("embedding norm bias"))
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.finalNodes(shape)
        let streams = nodes.map(\.stream) + [end.stream]
        try graph.vector(Self.classToken, .tokenTable, from: classToken, to: streams[0])
        try graph.dense(Self.kernel, .convolution, from: image, to: streams[0], kernel: patchSize * patchSize)
        try graph.table(Self.places, .positionTable, from: places, to: streams[0])
        try graph.norm(Self.firstNorm, norm, bias: normBias, of: streams[0])
        for (layer, at) in zip(layers, nodes) { try graph.edges(layer, shape, at, next: streams[layer.index + 1]) }
        try graph.norm(Self.lastNorm, end.norm, bias: end.normBias, of: end.stream)
        try graph.dense(Self.head, .linear, from: end.stream, to: graph.nodes("embedding", Axis(fixed: projection)))
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let pixels = try forward.input("pixels", NINO_FLOAT32, [nil, channels, imageSize, imageSize])
        var x = try forward.prepend(Self.classToken, to: forward.patches(pixels, weight: Self.kernel, size: patchSize))
        x = try forward.layerNorm(forward.add(x, forward.tensor(Self.places)), Self.firstNorm, epsilon: epsilon)
        let rule = TransformerForward(epsilon: epsilon, activation: activation, isCausal: false)
        for layer in layers { x = try forward.layer(x, layer, shape, rule) }
        x = try forward.layerNorm(forward.position(x, 0), Self.lastNorm, epsilon: epsilon)
        try forward.classify(forward.linear(x, weight: Self.head))
    }
}

private let plugin = Plugin(CLIP.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
