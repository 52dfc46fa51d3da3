// Vision transformer (Dosovitskiy et al. 2021) under two sets of names and config keys: torchvision's VisionTransformer
// (0.21;
// `model_type` torchvision_vit, keys as its arguments) and Hugging Face's ViTForImageClassification (transformers
// 4.57). Weights [out, in].
//
//   class_token [1, 1, D]   conv_proj [D, channels, p, p]   encoder.pos_embedding [1, positions, D]
//   encoder.layers.encoder_layer_{l}: ln_1, self_attention.in_proj_ [3·D, D] (query, key and value apart in Hugging
//   Face's),
//     self_attention.out_proj, ln_2, mlp.0, mlp.3: weight and bias each
//   encoder.ln   heads.pre_logits (only with representation_size)   heads.head
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions;
// the MLP's hidden units; the units of pre_logits.
import NinoPluginSDK

struct ViT: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.vit"
    static let name = "Vision transformer"
    static let version = "1.0.0"
    static let modelTypes = ["torchvision_vit", "vit"]
    static let sampleConfigurations = [
        #"{"model_type": "torchvision_vit", "hidden_dim": 8, "mlp_dim": 20, "num_layers": 2, "#
            + #""num_heads": 2, "patch_size": 3, "image_size": 9, "num_classes": 5}"#,
        #"""
        {"model_type": "torchvision_vit", "hidden_dim": 6, "mlp_dim": 7, "num_layers": 1, "num_heads": 3,
          "patch_size": 4, "image_size": 8, "num_classes": 3,
         "representation_size": 5, "in_channels": 1}
        """#,
        #"""
        {"model_type": "vit", "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2,
          "num_attention_heads": 2, "patch_size": 3, "image_size": 6,
         "num_labels": 4, "qkv_bias": false}
        """#,
    ]

    // MARK: Configuration

    let isTorchvision: Bool
    let names: Names
    let residual: Group
    let layers: [TransformerLayer]
    let channels, imageSize, patchSize, classes: Int
    let representation: Group?
    let hasInputBias: Bool
    let activation: Activation
    let epsilon, deviation: Double

    init(_ configuration: inout ConfigurationReader) throws {
        isTorchvision = configuration.modelType != "vit"
        let names = isTorchvision ? Names.torchvision : .huggingFace
        let (keys, hasDefaults) = (names.keys, !isTorchvision)
        let width = try configuration.integer(keys.width, default: hasDefaults ? 768 : nil, in: 1...(1 << 20))
        let hidden = try configuration.integer(keys.hidden, default: hasDefaults ? 3072 : nil)
        let layerCount = try configuration.integer(keys.layers, default: hasDefaults ? 12 : nil, in: 1...4096)
        let heads = try configuration.divisor(keys.heads, of: keys.width, width, default: hasDefaults ? 12 : nil)
        imageSize = try configuration.side("image_size", default: hasDefaults ? 224 : nil)
        patchSize = try configuration.side("patch_size", default: hasDefaults ? 16 : nil, in: 1...imageSize)
        channels = try configuration.integer(keys.channels, default: 3, in: 1...4096)
        if isTorchvision {
            _ = try configuration.divisor("patch_size", of: "image_size", imageSize)
            classes = try configuration.integer("num_classes", default: 1000)
            representation = try configuration.optionalInteger("representation_size").map {
                Group("representation", size: $0)
            }
            (hasInputBias, activation, epsilon, deviation) = (true, .gelu, 1e-6, 0.02)
            try configuration.refuse(valuesOf: "conv_stem_configs")
            try configuration.dropouts("dropout", "attention_dropout")
            try configuration.refuseOtherKeys()
        } else {
            classes = try configuration.classCount()
            representation = nil
            hasInputBias = try configuration.boolean("qkv_bias", default: true)
            activation = try configuration.activation("hidden_act", default: "gelu")
            epsilon = try configuration.real("layer_norm_eps", default: 1e-12, in: 0...1)
            deviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
            try configuration.dropouts("hidden_dropout_prob", "attention_probs_dropout_prob")
            try configuration.readHuggingFaceKeys(classes: ["ViTForImageClassification"])
            try configuration.refuseOtherKeys(
                ignored: ConfigurationReader.huggingFaceIgnored.union([
                    "encoder_stride", "pooler_output_size", "pooler_act",
                ]))
        }
        self.names = names
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer(
                $0, prefix: "\(names.layer)\($0)", AttentionAxes(layer: $0, heads: heads, width: width / heads),
                hidden: hidden)
        }
    }

    // MARK: Layers

    /// What the two libraries call the same things, in the order of their modules.
    struct Names {
        enum Embedding { case classToken, patches, positions }
        let keys: (width: String, hidden: String, layers: String, heads: String, channels: String)
        let embeddings: [(Embedding, String)]
        let layer: String
        let parts: [TransformerPart]
        let finalNorm, head: String

        static let torchvision = Names(
            keys: ("hidden_dim", "mlp_dim", "num_layers", "num_heads", "in_channels"),
            embeddings: [(.classToken, "class_token"), (.patches, "conv_proj"), (.positions, "encoder.pos_embedding")],
            layer: "encoder.layers.encoder_layer_",
            parts: [
                .norm1("ln_1"),
                .fusedAttention(weight: "self_attention.in_proj_weight", bias: "self_attention.in_proj_bias"),
                .output("self_attention.out_proj"), .norm2("ln_2"), .hidden("mlp.0"), .projection("mlp.3"),
            ], finalNorm: "encoder.ln", head: "heads.head")
        static let huggingFace = Names(
            keys: ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_channels"),
            embeddings: [
                (.classToken, "vit.embeddings.cls_token"), (.positions, "vit.embeddings.position_embeddings"),
                (.patches, "vit.embeddings.patch_embeddings.projection"),
            ], layer: "vit.encoder.layer.",
            parts: [
                .attention(
                    query: "attention.attention.query", key: "attention.attention.key",
                    value: "attention.attention.value"),
                .output("attention.output.dense"), .hidden("intermediate.dense"), .projection("output.dense"),
                .norm1("layernorm_before"),
                .norm2("layernorm_after"),
            ], finalNorm: "vit.layernorm", head: "classifier")

        subscript(embedding: Embedding) -> String { embeddings.first { $0.0 == embedding }!.1 }
    }

    private var stream: Axis { Axis(residual) }
    private var patches: Int { imageSize / patchSize * (imageSize / patchSize) }

    private var shape: TransformerShape {
        TransformerShape(
            residual: residual, names.parts, normBias: true, inputBias: hasInputBias, outputBias: true, mlpBias: true)
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        // PyTorch cuts truncated normals at ±2, not at two deviations: for deviations this small they are normals.
        let normal = Initialization.normal(mean: 0, deviation: deviation)
        func fanInNormal(_ fanIn: Int) -> Initialization {
            isTorchvision ? .normal(mean: 0, deviation: 1 / Double(fanIn).squareRoot()) : normal
        }
        try model.group(residual)
        for (embedding, name) in names.embeddings {
            switch embedding {
            case .classToken: try model.parameter(name, [1, 1, stream], isTorchvision ? .constant(0) : normal)
            case .positions: try model.parameter(name, [1, Axis(fixed: patches + 1), stream], normal)
            case .patches:
                let patch = Axis(fixed: patchSize)
                try model.layer(
                    name, [stream, Axis(fixed: channels), patch, patch], fanInNormal(channels * patchSize * patchSize),
                    bias: stream)
            }
        }
        for layer in layers {
            try model.layer(
                layer, shape,
                weights: { part, fanIn, fanOut in
                    guard isTorchvision else { return normal }
                    if case .output = part { return .pytorchDefault(fanIn: fanIn) }
                    return .xavierUniform(fanIn: fanIn, fanOut: fanOut)
                }, biases: { .normal(mean: 0, deviation: isTorchvision && $0.isMLP ? 1e-6 : 0) })
        }
        try model.layer(names.finalNorm, [stream], .constant(1), bias: stream)
        if let representation {
            try model.group(representation)
            try model.layer(
                "heads.pre_logits", [Axis(representation), stream], fanInNormal(residual.size),
                bias: Axis(representation))
        }
        let labels = Axis(fixed: classes)
        try model.layer(
            names.head, [labels, Axis(representation ?? residual)], isTorchvision ? .constant(0) : normal, bias: labels)
        if !isTorchvision { try model.optionalPrefix("vit.") }
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let classToken = try graph.nodes("class token", isTokenTable: true)
        let (image, patchBias) = try (graph.nodes("image", Axis(fixed: channels)), graph.nodes("patch bias"))
        let positions = try graph.nodes("positions", Axis(fixed: patches + 1))
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.finalNodes(shape)
        let streams = nodes.map(\.stream) + [end.stream]
        for (embedding, name) in names.embeddings {
            switch embedding {
            case .classToken: try graph.table(name, .tokenTable, from: classToken, to: streams[0])
            case .positions: try graph.table(name, .positionTable, from: positions, to: streams[0])
            case .patches:
                try graph.dense(
                    "\(name).weight", .convolution, from: image, to: streams[0], kernel: patchSize * patchSize)
                try graph.vector("\(name).bias", .bias, from: patchBias, to: streams[0])
            }
        }
        for (layer, at) in zip(layers, nodes) { try graph.edges(layer, shape, at, next: streams[layer.index + 1]) }
        try graph.norm(names.finalNorm, end.norm, bias: end.normBias, of: end.stream)
        var features = end.stream
        if let representation {
            features = try graph.layer(
                "heads.pre_logits.weight", .linear, from: features, to: representation.name, Axis(representation),
                vectors: ["heads.pre_logits.bias"])
        }
        _ = try graph.layer(
            "\(names.head).weight", .linear, from: features, to: "classes", Axis(fixed: classes),
            vectors: ["\(names.head).bias"])
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let pixels = try forward.input("pixels", NINO_FLOAT32, [nil, channels, imageSize, imageSize])
        let kernel = names[.patches]
        var x = try forward.prepend(
            names[.classToken],
            to: forward.patches(pixels, weight: "\(kernel).weight", bias: "\(kernel).bias", size: patchSize))
        x = try forward.add(x, forward.reshape(forward.tensor(names[.positions]), [patches + 1, residual.size]))
        let rule = TransformerForward(epsilon: epsilon, activation: activation, isCausal: false)
        for layer in layers { x = try forward.layer(x, layer, shape, rule) }
        x = try forward.layerNorm(forward.position(x, 0), names.finalNorm, epsilon: epsilon)
        if representation != nil { x = try forward.activate(forward.linear(x, "heads.pre_logits", bias: true), .tanh) }
        try forward.classify(forward.linear(x, names.head, bias: true))
    }
}

private let plugin = Plugin(ViT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
