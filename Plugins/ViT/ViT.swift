// Vision transformer (Dosovitskiy et al. 2021) under two sets of names and config keys: torchvision's VisionTransformer (0.21;
// `model_type` torchvision_vit, keys as its arguments) and Hugging Face's ViTForImageClassification (transformers 4.57). Weights [out, in].
//
//   class_token [1, 1, D]   conv_proj [D, channels, p, p]   encoder.pos_embedding [1, positions, D]
//   encoder.layers.encoder_layer_{l}: ln_1, self_attention.in_proj_ [3·D, D] (query, key and value apart in Hugging Face's),
//     self_attention.out_proj, ln_2, mlp.0, mlp.3: weight and bias each
//   encoder.ln   heads.pre_logits (only with representation_size)   heads.head
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value dimensions;
// the MLP's hidden units; the units of pre_logits.
import NinoPluginSDK

struct ViT: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.vit"
    static let name = "Vision transformer"
    static let version = "1.0.0"
    static let modelTypes = ["torchvision_vit", "vit"]
    static let sampleConfigurations = [
        #"{"model_type": "torchvision_vit", "hidden_dim": 8, "mlp_dim": 20, "num_layers": 2, "num_heads": 2, "patch_size": 3, "image_size": 9, "num_classes": 5}"#,
        #"{"model_type": "torchvision_vit", "hidden_dim": 6, "mlp_dim": 7, "num_layers": 1, "num_heads": 3, "patch_size": 4, "image_size": 8, "num_classes": 3, "representation_size": 5, "in_channels": 1}"#,
        #"{"model_type": "vit", "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 3, "image_size": 6, "num_labels": 4, "qkv_bias": false}"#,
    ]

    // MARK: Configuration

    let names: Names
    let residual: Group
    let layers: [TransformerLayer]
    let channels, imageSize, patchSize, classes: Int
    let representation: Group?
    let hasInputBias: Bool
    let activation: Activation
    let epsilon, deviation: Double

    init(_ configuration: inout ConfigurationReader) throws {
        let isHuggingFace = configuration.modelType == "vit"
        let names = isHuggingFace ? Names.huggingFace : .torchvision
        let width = try configuration.integer(names.keys.width, default: isHuggingFace ? 768 : nil, in: 1...(1 << 20))
        let hidden = try configuration.integer(names.keys.hidden, default: isHuggingFace ? 3072 : nil)
        let layerCount = try configuration.integer(names.keys.layers, default: isHuggingFace ? 12 : nil, in: 1...4096)
        let heads = try configuration.divisor(names.keys.heads, of: names.keys.width, width, default: isHuggingFace ? 12 : nil)
        imageSize = try configuration.side("image_size", default: isHuggingFace ? 224 : nil)
        patchSize = try configuration.side("patch_size", default: isHuggingFace ? 16 : nil, in: 1...imageSize)
        channels = try configuration.integer(names.keys.channels, default: 3, in: 1...4096)
        if isHuggingFace {
            classes = try configuration.classCount()
            representation = nil
            hasInputBias = try configuration.boolean("qkv_bias", default: true)
            activation = try configuration.activation("hidden_act", default: "gelu")
            epsilon = try configuration.real("layer_norm_eps", default: 1e-12, in: 0...1)
            deviation = try configuration.real("initializer_range", default: 0.02, in: 0...10)
            _ = try configuration.text("problem_type", default: "single_label_classification", oneOf: ["single_label_classification"])
            try configuration.dropouts("hidden_dropout_prob", "attention_probs_dropout_prob")
            try configuration.readHuggingFaceKeys(classes: ["ViTForImageClassification"])
            try configuration.refuseOtherKeys(ignored: ConfigurationReader.huggingFaceIgnored.union(["encoder_stride", "pooler_output_size", "pooler_act"]))
        } else {
            _ = try configuration.divisor("patch_size", of: "image_size", imageSize)
            classes = try configuration.integer("num_classes", default: 1000)
            representation = try configuration.has("representation_size") ? Group("representation", size: configuration.integer("representation_size")) : nil
            (hasInputBias, activation, epsilon, deviation) = (true, .gelu, 1e-6, 0.02)
            try configuration.refuse(valuesOf: "conv_stem_configs")
            try configuration.dropouts("dropout", "attention_dropout")
            try configuration.refuseOtherKeys(ignored: ["representation_size"])
        }
        self.names = names
        residual = Group("residual", size: width)
        layers = (0..<layerCount).map {
            TransformerLayer($0, prefix: "\(names.layer)\($0)", AttentionAxes(layer: $0, heads: heads, width: width / heads), hidden: hidden)
        }
    }

    // MARK: Layers

    /// What the two libraries call the same things, and in which order their modules hold them.
    struct Names {
        enum Part { case classToken, patches, positions, norm1, attention, output, norm2, hidden, projection }
        let keys: (width: String, hidden: String, layers: String, heads: String, channels: String)
        let embeddings: [(Part, String)]
        let layer: String
        let parts: [(Part, String)]
        let finalNorm, head: String
        /// Queries, keys and values: in one tensor, or nil for three below `attention`.
        let fused: String?

        static let torchvision = Names(
            keys: ("hidden_dim", "mlp_dim", "num_layers", "num_heads", "in_channels"),
            embeddings: [(.classToken, "class_token"), (.patches, "conv_proj"), (.positions, "encoder.pos_embedding")], layer: "encoder.layers.encoder_layer_",
            parts: [
                (.norm1, "ln_1"), (.attention, "self_attention"), (.output, "self_attention.out_proj"), (.norm2, "ln_2"), (.hidden, "mlp.0"),
                (.projection, "mlp.3"),
            ], finalNorm: "encoder.ln", head: "heads.head", fused: "in_proj_")
        static let huggingFace = Names(
            keys: ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_channels"),
            embeddings: [
                (.classToken, "vit.embeddings.cls_token"), (.positions, "vit.embeddings.position_embeddings"),
                (.patches, "vit.embeddings.patch_embeddings.projection"),
            ], layer: "vit.encoder.layer.",
            parts: [
                (.attention, "attention.attention"), (.output, "attention.output.dense"), (.hidden, "intermediate.dense"), (.projection, "output.dense"),
                (.norm1, "layernorm_before"), (.norm2, "layernorm_after"),
            ], finalNorm: "vit.layernorm", head: "classifier", fused: nil)

        subscript(part: Part) -> String { (embeddings + parts).first { $0.0 == part }!.1 }
    }

    private var stream: Axis { Axis(residual) }
    private var patches: Int { imageSize / patchSize * (imageSize / patchSize) }

    private var shape: TransformerShape {
        var shape = TransformerShape(residual: residual)
        (shape.normBias, shape.inputBias, shape.outputBias, shape.mlpBias) = (true, hasInputBias, true, true)
        return shape
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        // PyTorch cuts its truncated normal at ±2, not at two deviations: for deviations this small, a normal.
        let normal = Initialization.normal(mean: 0, deviation: deviation)
        func xavier(_ fans: Int) -> Initialization { names.fused == nil ? normal : .uniform(-(6 / Double(fans)).squareRoot(), (6 / Double(fans)).squareRoot()) }
        let width = residual.size
        let tiny = Initialization.normal(mean: 0, deviation: names.fused == nil ? 0 : 1e-6)
        try model.group(residual)
        for (part, name) in names.embeddings {
            switch part {
            case .classToken: try model.parameter(name, [1, 1, stream], names.fused == nil ? normal : .constant(0))
            case .positions: try model.parameter(name, [1, Axis(fixed: patches + 1), stream], normal)
            default:
                let fanIn = Double(channels * patchSize * patchSize)
                let kernel = Initialization.normal(mean: 0, deviation: names.fused == nil ? deviation : 1 / fanIn.squareRoot())
                try model.layer(name, [stream, Axis(fixed: channels), Axis(fixed: patchSize), Axis(fixed: patchSize)], kernel, bias: stream)
            }
        }
        for block in layers {
            let (axes, hidden) = (block.attention, Axis(block.hidden))
            for group in block.groups { try model.group(group) }
            for (part, suffix) in names.parts {
                let name = "\(block.prefix).\(suffix)"
                switch (part, names.fused) {
                case (.attention, let fused?):
                    let rows = axes.queries + axes.keys + axes.values
                    try model.parameter("\(name).\(fused)weight", [rows, stream], xavier(4 * width))
                    try model.parameter("\(name).\(fused)bias", [rows], .constant(0))
                case (.attention, nil):
                    for (input, rows) in [("query", axes.queries), ("key", axes.keys), ("value", axes.values)] {
                        try model.layer("\(name).\(input)", [rows, stream], normal, bias: hasInputBias ? rows : nil)
                    }
                case (.output, let fused): try model.layer(name, [stream, axes.outputs], fused == nil ? normal : .pytorchDefault(fanIn: width), bias: stream)
                case (.hidden, _): try model.layer(name, [hidden, stream], xavier(width + hidden.size), bias: hidden, tiny)
                case (.projection, _): try model.layer(name, [stream, hidden], xavier(width + hidden.size), bias: stream, tiny)
                default: try model.layer(name, [stream], .constant(1), bias: stream)
                }
            }
        }
        try model.layer(names.finalNorm, [stream], .constant(1), bias: stream)
        if let representation {
            try model.group(representation)
            let fanIn = Initialization.normal(mean: 0, deviation: 1 / Double(width).squareRoot())
            try model.layer("heads.pre_logits", [Axis(representation), stream], fanIn, bias: Axis(representation))
        }
        let features = Axis(representation ?? residual)
        try model.layer(names.head, [Axis(fixed: classes), features], names.fused == nil ? normal : .constant(0), bias: Axis(fixed: classes))
        if names.fused == nil { try model.optionalPrefix("vit.") }
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let classToken = try graph.nodes("class token", isTokenTable: true)
        let image = try graph.nodes("image", Axis(fixed: channels))
        let patchBias = try graph.nodes("patch bias")
        let positions = try graph.nodes("positions", Axis(fixed: patches + 1))
        let nodes = try layers.map { try graph.nodes($0, shape) }
        let end = try graph.finalNodes(shape)
        let streams = nodes.map(\.stream) + [end.stream]
        for (part, name) in names.embeddings {
            switch part {
            case .classToken: try graph.table(name, .tokenTable, from: classToken, to: streams[0])
            case .positions: try graph.table(name, .positionTable, from: positions, to: streams[0])
            default:
                try graph.dense("\(name).weight", .convolution, from: image, to: streams[0], kernel: patchSize * patchSize)
                try graph.vector("\(name).bias", .bias, from: patchBias, to: streams[0])
            }
        }
        for (layer, at) in zip(layers, nodes) {
            let next = streams[layer.index + 1]
            for (part, suffix) in names.parts {
                let name = "\(layer.prefix).\(suffix)"
                switch part {
                case .norm1: try graph.norm(name, at.norm1, bias: at.norm1Bias, of: at.stream)
                case .attention:
                    let inputs = inputs(name)
                    try graph.attention(layer.prefix, at, query: inputs[0], key: inputs[1], value: inputs[2])
                case .output: try graph.linear(name, from: at.values, bias: at.outputBias, to: at.middle)
                case .norm2: try graph.norm(name, at.norm2, bias: at.norm2Bias, of: at.middle)
                case .hidden:
                    try graph.linear(name, from: at.middle, bias: at.hiddenBias, to: at.hidden)
                    try graph.residual("\(layer.prefix) MLP residual", from: at.middle, to: next)
                default: try graph.linear(name, from: at.hidden, bias: at.projectionBias, to: next)
                }
            }
        }
        try graph.norm(names.finalNorm, end.norm, bias: end.normBias, of: end.stream)
        var features = end.stream
        if let representation {
            features = try graph.layer(
                "heads.pre_logits.weight", .linear, from: features, to: "representation", Axis(representation), vectors: ["heads.pre_logits.bias"])
        }
        _ = try graph.layer("\(names.head).weight", .linear, from: features, to: "classes", Axis(fixed: classes), vectors: ["\(names.head).bias"])
    }

    private func inputs(_ name: String) -> [AttentionInput] {
        let width = residual.size
        if let fused = names.fused {
            return (0..<3).map {
                AttentionInput(.rows("\(name).\(fused)weight", inputs: width, first: $0 * width), bias: .vector("\(name).\(fused)bias", first: $0 * width))
            }
        }
        return ["query", "key", "value"].map { AttentionInput(.rows("\(name).\($0).weight", inputs: width), bias: .vector("\(name).\($0).bias")) }
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let pixels = try forward.input("pixels", NINO_FLOAT32, [nil, channels, imageSize, imageSize])
        let (batch, width) = (try forward.shape(pixels)[0], residual.size)
        let grid = try forward.conv2d(
            pixels, weight: "\(names[.patches]).weight", bias: "\(names[.patches]).bias", stride: patchSize, padding: (0, 0))
        var x = try forward.transpose(forward.reshape(grid, [batch, width, patches]), [0, 2, 1])
        let token = try forward.expand(forward.reshape(forward.tensor(names[.classToken]), [1, width]), count: batch)
        x = try forward.add(forward.concat([token, x], axis: 1), forward.reshape(forward.tensor(names[.positions]), [patches + 1, width]))
        for layer in layers {
            func part(_ part: Names.Part) -> String { "\(layer.prefix).\(names[part])" }
            var y = try forward.layerNorm(x, part(.norm1), epsilon: epsilon)
            let inputs = if let fused = names.fused {
                try forward.split(forward.linear(y, weight: "\(part(.attention)).\(fused)weight", bias: "\(part(.attention)).\(fused)bias"), parts: 3)
            } else {
                try ["query", "key", "value"].map { try forward.linear(y, "\(part(.attention)).\($0)", bias: hasInputBias) }
            }
            y = try forward.attention(inputs[0], inputs[1], inputs[2], layer.attention, isCausal: false)
            x = try forward.add(x, forward.linear(y, part(.output), bias: true))
            y = try forward.layerNorm(x, part(.norm2), epsilon: epsilon)
            y = try forward.activate(forward.linear(y, part(.hidden), bias: true), activation)
            x = try forward.add(x, forward.linear(y, part(.projection), bias: true))
        }
        x = try forward.reshape(forward.slice(x, axis: 1, 0..<1), [batch, width])
        x = try forward.layerNorm(x, names.finalNorm, epsilon: epsilon)
        if representation != nil { x = try forward.activate(forward.linear(x, "heads.pre_logits", bias: true), .tanh) }
        try forward.classify(forward.linear(x, names.head, bias: true))
    }
}

private let plugin = Plugin(ViT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
