// The vision transformer of CLIP (Radford et al. 2021), tensor names and config keys of Hugging Face's
// CLIPVisionModelWithProjection and, without the projection, CLIPVisionModel (`model_type` clip_vision_model;
// transformers 4.57 and 5). Weights [out, in].
//
//   vision_model.embeddings: class_embedding [hidden], patch_embedding.weight [hidden, channels, p, p],
//   position_embedding.weight
//   vision_model.pre_layrnorm (so spelt)   vision_model.post_layernorm   visual_projection.weight [projection, hidden]
//   vision_model.encoder.layers.{l}.self_attn.{k,v,q,out}_proj, .layer_norm1, .mlp.{fc1,fc2}, .layer_norm2: weight and
//   bias each
//
// Logits are the image's embedding. Trained here, its elements stand for the classes: loss is the cross-entropy with
// `labels` below projection_dim (CLIP's own loss needs the text model).
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions; the MLP's hidden units. Without the projection the stream's units are the logits, and stay.
import NinoPluginSDK

struct CLIP: Architecture {
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

    let modules = Modules()
    let channels, imageSize: Int
    let classToken, positions: Table
    let patches: Convolution
    let firstNorm, lastNorm: LayerNorm
    let layers: [EncoderLayer]
    let projection: Linear?

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        let vision = modules / "vision_model"
        let embeddings = vision / "embeddings"
        let positionCount = c.imageSize / c.patchSize * (c.imageSize / c.patchSize) + 1
        (channels, imageSize) = (c.channels, c.imageSize)
        classToken = Table(tensor: embeddings / "class_embedding", .classToken, [c.stream], c.wide)
        patches = Convolution(
            embeddings / "patch_embedding", from: Axis(fixed: channels), to: c.stream, kernel: c.patchSize,
            stride: c.patchSize, bias: false, weights: c.embedding)
        positions = Table(
            embeddings / "position_embedding", .positions, rows: positionCount, to: c.stream, c.embedding)
        (embeddings / "position_ids").ignore([1, Axis(fixed: positionCount)])
        firstNorm = LayerNorm(vision / "pre_layrnorm", c.stream, epsilon: c.epsilon)
        layers = (0..<c.layers).map { EncoderLayer(vision / "encoder.layers" / $0, layer: $0, c) }
        lastNorm = LayerNorm(vision / "post_layernorm", c.stream, epsilon: c.epsilon)
        let modules = modules
        projection = c.projection.map {
            Linear(modules / "visual_projection", from: c.stream, to: Axis(fixed: $0), bias: false, weights: c.wide)
        }
    }

    func forward(_ net: Network) throws {
        let token = try classToken.all(net)
        var x = try token.before(patches(net.pixels(channels: channels, size: imageSize)).asSequence())
        x = try firstNorm(x + positions.all(net))
        for layer in layers { x = try layer(x) }
        x = try lastNorm(x.position(0))
        try net.classify(projection.map { try $0(x) } ?? x)
    }
}

struct EncoderLayer {
    let query, key, value, output: Linear
    let attention: Attention
    let norm1, norm2: LayerNorm
    let mlp: MLP

    init(_ at: Path, layer: Int, _ c: Configuration) {
        func linear(_ at: Path, _ input: Axis, _ output: Axis, _ weights: Initialization) -> Linear {
            Linear(at, from: input, to: output, weights: weights)
        }
        let hidden = Axis(Group("hidden_\(layer)", size: c.hiddenSize))
        attention = Attention(layer: layer, heads: c.heads, width: c.stream.size / c.heads)
        // The checkpoint has its keys and values before its queries.
        key = linear(at / "self_attn.k_proj", c.stream, attention.keys, c.narrow)
        value = linear(at / "self_attn.v_proj", c.stream, attention.values, c.narrow)
        query = linear(at / "self_attn.q_proj", c.stream, attention.queries, c.narrow)
        output = linear(at / "self_attn.out_proj", attention.outputs, c.stream, c.wide)
        norm1 = LayerNorm(at / "layer_norm1", c.stream, epsilon: c.epsilon)
        mlp = MLP(
            up: linear(at / "mlp.fc1", c.stream, hidden, c.hidden),
            down: linear(at / "mlp.fc2", hidden, c.stream, c.narrow), c.activation)
        norm2 = LayerNorm(at / "layer_norm2", c.stream, epsilon: c.epsilon)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let inner = try norm1(x)
        let x = try x + output(attention(query(inner), key(inner), value(inner)))
        return try x + mlp(norm2(x))
    }
}

struct Configuration {
    let stream: Axis
    let layers, heads, hiddenSize, channels, imageSize, patchSize: Int
    /// nil for none.
    let projection: Int?
    let activation: Activation
    let epsilon: Double
    /// How weights are drawn: of the embeddings; of what leads into the stream and out of it; of the first MLP layer;
    /// of queries, keys, values and the second MLP layer.
    let embedding, wide, hidden, narrow: Initialization

    init(_ configuration: inout ConfigurationReader) throws {
        let width = try configuration.integer("hidden_size", default: 768, in: 1...(1 << 20))
        hiddenSize = try configuration.integer("intermediate_size", default: 3072)
        let projectionSize = try configuration.integer("projection_dim", default: 512)
        layers = try configuration.integer("num_hidden_layers", default: 12, in: 1...4096)
        heads = try configuration.divisor("num_attention_heads", of: "hidden_size", width, default: 12)
        channels = try configuration.integer("num_channels", default: 3, in: 1...4096)
        imageSize = try configuration.side("image_size", default: 224)
        patchSize = try configuration.side("patch_size", default: 32, in: 1...imageSize)
        activation = try configuration.activation("hidden_act", default: "quick_gelu")
        epsilon = try configuration.real("layer_norm_eps", default: 1e-5, in: 0...1)
        let range = try configuration.real("initializer_range", default: 0.02, in: 0...10)
        let factor = try configuration.real("initializer_factor", default: 1, in: 0...1000)
        try configuration.dropouts("attention_dropout", "dropout")
        let classes = ["CLIPVisionModelWithProjection", "CLIPVisionModel"]
        let isBody = try configuration.texts("architectures", oneOf: classes) == ["CLIPVisionModel"]
        try configuration.readHuggingFaceKeys()
        projection = isBody ? nil : projectionSize
        stream = isBody ? Axis(fixed: width) : Axis(Group("residual", size: width))
        let inward = factor / Double(width).squareRoot()
        embedding = .normal(standardDeviation: range * factor)
        wide = .normal(standardDeviation: inward)
        hidden = .normal(standardDeviation: inward / 2.0.squareRoot())
        narrow = .normal(standardDeviation: inward / Double(2 * layers).squareRoot())
    }
}

private let plugin = Plugin(CLIP.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
