// Vision transformer (Dosovitskiy et al. 2021) under two sets of names and config keys: torchvision's VisionTransformer
// (0.21; `model_type` torchvision_vit, keys as its arguments) and Hugging Face's ViTForImageClassification, or ViTModel
// with its pooler (transformers 4.57). Weights [out, in].
//
//   class_token [1, 1, D]   conv_proj [D, channels, p, p]   encoder.pos_embedding [1, positions, D]
//   encoder.layers.encoder_layer_{l}: ln_1, self_attention.in_proj_ [3·D, D] (query, key and value apart in Hugging
//     Face's), self_attention.out_proj, ln_2, mlp.0, mlp.3: weight and bias each
//   encoder.ln   heads.pre_logits (only with representation_size)   heads.head
//
// Symmetry: the residual stream; in each layer the heads, in each head the query with the key dimensions and the value
// dimensions; the MLP's hidden units; the units of pre_logits.
import NinoPluginSDK

struct ViT: Architecture {
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

    let modules = Modules()
    let channels, imageSize: Int
    let classToken, positions: Table
    let patches: Convolution
    let layers: [EncoderLayer]
    let norm: LayerNorm
    let representation, head: Linear?

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        (channels, imageSize) = (c.channels, c.imageSize)
        let positionAxes: [Axis] = [1, Axis(fixed: c.patches + 1), c.stream]
        if c.isTorchvision {
            classToken = Table(tensor: modules / "class_token", .classToken, [1, 1, c.stream], .constant(0))
            patches = c.patchEmbedding(modules / "conv_proj")
            positions = Table(tensor: modules / "encoder.pos_embedding", .positions, positionAxes, c.normal)
            let encoder = modules / "encoder"
            layers = (0..<c.layers).map {
                EncoderLayer(torchvision: encoder / "layers" / "encoder_layer_\($0)", layer: $0, c)
            }
            norm = LayerNorm(encoder / "ln", c.stream, epsilon: c.epsilon)
            let features = c.representation.map { Axis($0) }
            let heads = modules / "heads"
            representation = features.map {
                Linear(heads / "pre_logits", from: c.stream, to: $0, weights: c.fanInNormal(c.stream.size))
            }
            head = c.classes.map {
                Linear(heads / "head", from: features ?? c.stream, to: Axis(fixed: $0), weights: .constant(0))
            }
        } else {
            let vit = modules / "vit"
            classToken = Table(tensor: vit / "embeddings.cls_token", .classToken, [1, 1, c.stream], c.normal)
            positions = Table(tensor: vit / "embeddings.position_embeddings", .positions, positionAxes, c.normal)
            patches = c.patchEmbedding(vit / "embeddings.patch_embeddings.projection")
            layers = (0..<c.layers).map { EncoderLayer(huggingFace: vit / "encoder.layer" / $0, layer: $0, c) }
            norm = LayerNorm(vit / "layernorm", c.stream, epsilon: c.epsilon)
            let classifier = modules / "classifier"
            head = c.classes.map { Linear(classifier, from: c.stream, to: Axis(fixed: $0), weights: c.normal) }
            representation =
                head == nil
                ? Linear(vit / "pooler.dense", from: c.stream, to: Axis(fixed: c.stream.size), weights: c.normal) : nil
            modules.optionalPrefix("vit.")
        }
    }

    func forward(_ net: Network) throws {
        let token = try classToken.all(net)
        var x = try token.before(patches(net.pixels(channels: channels, size: imageSize)).asSequence())
        x = try x + positions.all(net)
        for layer in layers { x = try layer(x) }
        x = try norm(x.position(0))
        if let representation { x = try Activation.tanh(representation(x)) }
        try net.classify(head.map { try $0(x) } ?? x)
    }
}

struct EncoderLayer {
    /// Of queries, keys and values, or one for all three.
    let inputs: [Linear]
    let output: Linear
    let attention: Attention
    let norm1, norm2: LayerNorm
    let mlp: MLP

    init(torchvision at: Path, layer: Int, _ c: Configuration) {
        func linear(_ at: Path, _ input: Axis, _ output: Axis) -> Linear {
            Linear(
                at, from: input, to: output, weights: .xavierUniform(fanIn: input.size, fanOut: output.size),
                biases: .normal(standardDeviation: 1e-6))
        }
        let hidden = Axis(Group("hidden_\(layer)", size: c.hiddenSize))
        attention = c.attention(layer: layer)
        norm1 = LayerNorm(at / "ln_1", c.stream, epsilon: c.epsilon)
        let (attend, all) = (at / "self_attention", attention.queries + attention.keys + attention.values)
        inputs = [
            Linear(
                attend, weight: attend / "in_proj_weight", bias: attend / "in_proj_bias", from: c.stream, to: all,
                weights: .xavierUniform(fanIn: c.stream.size, fanOut: all.size), biases: c.zeros)
        ]
        output = Linear(
            attend / "out_proj", from: attention.outputs, to: c.stream,
            weights: .pytorchDefault(fanIn: attention.outputs.size), biases: c.zeros)
        norm2 = LayerNorm(at / "ln_2", c.stream, epsilon: c.epsilon)
        mlp = MLP(
            up: linear(at / "mlp.0", c.stream, hidden), down: linear(at / "mlp.3", hidden, c.stream), c.activation)
    }

    init(huggingFace at: Path, layer: Int, _ c: Configuration) {
        func linear(_ at: Path, _ input: Axis, _ output: Axis, bias: Bool = true) -> Linear {
            Linear(at, from: input, to: output, bias: bias, weights: c.normal, biases: c.zeros)
        }
        let hidden = Axis(Group("hidden_\(layer)", size: c.hiddenSize))
        let attend = at / "attention.attention"
        attention = c.attention(layer: layer)
        inputs = [
            linear(attend / "query", c.stream, attention.queries, bias: c.hasInputBias),
            linear(attend / "key", c.stream, attention.keys, bias: c.hasInputBias),
            linear(attend / "value", c.stream, attention.values, bias: c.hasInputBias),
        ]
        output = linear(at / "attention.output.dense", attention.outputs, c.stream)
        mlp = MLP(
            up: linear(at / "intermediate.dense", c.stream, hidden),
            down: linear(at / "output.dense", hidden, c.stream), c.activation)
        norm1 = LayerNorm(at / "layernorm_before", c.stream, epsilon: c.epsilon)
        norm2 = LayerNorm(at / "layernorm_after", c.stream, epsilon: c.epsilon)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let inner = try norm1(x)
        let parts = try inputs.count == 1 ? inputs[0](inner).split(3) : inputs.map { try $0(inner) }
        let x = try x + output(attention(parts[0], parts[1], parts[2]))
        return try x + mlp(norm2(x))
    }
}

private let plugin = Plugin(ViT.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
