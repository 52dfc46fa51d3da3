import NinoPluginSDK

/// The sizes of a model, read from either set of keys.
struct Configuration {
    let isTorchvision: Bool
    let stream: Axis
    let layers, heads, hiddenSize, channels, imageSize, patchSize: Int
    /// nil for the body alone.
    let classes: Int?
    let representation: Group?
    let hasInputBias: Bool
    let activation: Activation
    let epsilon, standardDeviation: Double

    init(_ configuration: inout ConfigurationReader) throws {
        isTorchvision = configuration.modelType != "vit"
        let keys =
            isTorchvision
            ? (
                width: "hidden_dim", hidden: "mlp_dim", layers: "num_layers", heads: "num_heads",
                channels: "in_channels"
            )
            : (
                width: "hidden_size", hidden: "intermediate_size", layers: "num_hidden_layers",
                heads: "num_attention_heads", channels: "num_channels"
            )
        let hasDefaults = !isTorchvision
        let width = try configuration.integer(keys.width, default: hasDefaults ? 768 : nil, in: 1...(1 << 20))
        hiddenSize = try configuration.integer(keys.hidden, default: hasDefaults ? 3072 : nil)
        layers = try configuration.integer(keys.layers, default: hasDefaults ? 12 : nil, in: 1...4096)
        heads = try configuration.divisor(keys.heads, of: keys.width, width, default: hasDefaults ? 12 : nil)
        imageSize = try configuration.side("image_size", default: hasDefaults ? 224 : nil)
        patchSize = try configuration.side("patch_size", default: hasDefaults ? 16 : nil, in: 1...imageSize)
        channels = try configuration.integer(keys.channels, default: 3, in: 1...4096)
        if isTorchvision {
            _ = try configuration.divisor("patch_size", of: "image_size", imageSize)
            classes = try configuration.integer("num_classes", default: 1000)
            representation = try configuration.optionalInteger("representation_size").map {
                Group("representation", size: $0)
            }
            (hasInputBias, activation, epsilon, standardDeviation) = (true, .gelu, 1e-6, 0.02)
            try configuration.refuse(valuesOf: "conv_stem_configs")
            try configuration.dropouts("dropout", "attention_dropout")
            try configuration.refuseOtherKeys()
        } else {
            let names = ["ViTForImageClassification", "ViTModel"]
            let isBody = try configuration.texts("architectures", oneOf: names) == ["ViTModel"]
            classes = isBody ? nil : try configuration.classCount()
            representation = nil
            hasInputBias = try configuration.boolean("qkv_bias", default: true)
            activation = try configuration.activation("hidden_act", default: "gelu")
            epsilon = try configuration.real("layer_norm_eps", default: 1e-12, in: 0...1)
            standardDeviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
            try configuration.dropouts("hidden_dropout_prob", "attention_probs_dropout_prob")
            if isBody {
                _ = try configuration.integer("pooler_output_size", default: width, in: width...width)
                _ = try configuration.text("pooler_act", default: "tanh", oneOf: ["tanh"])
            }
            try configuration.readHuggingFaceKeys(ignored: ["encoder_stride", "pooler_output_size", "pooler_act"])
        }
        stream = Axis(Group("residual", size: width))
    }

    var patches: Int { imageSize / patchSize * (imageSize / patchSize) }

    /// PyTorch cuts truncated normals at ±2, not at two deviations: for deviations this small they are normals.
    var normal: Initialization { .normal(standardDeviation: standardDeviation) }

    /// Zeros that are drawn, so that what is drawn behind them does not depend on it.
    var zeros: Initialization { .normal(standardDeviation: 0) }

    func fanInNormal(_ fanIn: Int) -> Initialization {
        isTorchvision ? .normal(standardDeviation: 1 / Double(fanIn).squareRoot()) : normal
    }

    func attention(layer: Int) -> Attention {
        Attention(layer: layer, heads: heads, width: stream.size / heads)
    }

    func patchEmbedding(_ at: Path) -> Convolution {
        Convolution(
            at, from: Axis(fixed: channels), to: stream, kernel: patchSize, stride: patchSize,
            weights: fanInNormal(channels * patchSize * patchSize))
    }
}
