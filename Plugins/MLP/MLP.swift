// Multi-layer perceptron on images, the graph-free sibling of the vision net of the NiNo release (Knyazev et al. 2024,
// arXiv 2409.04434): linear layers `fc.0`, `fc.2`, … with ReLU between.
//
//   fc.{2i}.weight [hidden_i, hidden_{i-1}]   fc.{2i}.bias [hidden_i]
//
// Symmetry: the neurons of every hidden layer permute freely.
import NinoPluginSDK

struct MLP: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.mlp"
    static let name = "Multi-layer perceptron"
    static let version = "1.0.0"
    static let modelTypes = ["mlp"]
    static let sampleConfigurations = [
        #"{"model_type": "mlp", "hidden": [12, 9], "in_channels": 1, "image_size": 4, "num_classes": 5}"#,
        #"{"model_type": "mlp", "hidden": [7, 5, 6], "in_channels": 2, "image_size": 3, "num_classes": 4, "#
            + #""bias": false}"#,
    ]

    // MARK: Configuration

    let channels: Int
    let imageSize: Int
    let hasBias: Bool
    let hidden: [Group]
    let classes: Int

    init(_ configuration: inout ConfigurationReader) throws {
        hidden = try configuration.integers("hidden").enumerated().map { Group("hidden_\($0)", size: $1) }
        channels = try configuration.integer("in_channels", in: 1...4096)
        imageSize = try configuration.integer("image_size", in: 1...16384)
        classes = try configuration.integer("num_classes")
        hasBias = try configuration.boolean("bias", default: true)
        // Keys that the two vision nets share, but that mean nothing without convolutions.
        try configuration.refuseOtherKeys(ignored: ["kernel_size", "first_stride", "stride", "global_pool"])
    }

    // MARK: Layers

    private struct Layer {
        let prefix: String
        let input: Axis
        let output: Axis
        let outputName: String
        let hasBias: Bool

        var vectors: [String] { hasBias ? ["\(prefix).bias"] : [] }
    }

    private var layers: [Layer] {
        let widths = [Axis(fixed: channels * imageSize * imageSize)] + hidden.map { Axis($0) } + [Axis(fixed: classes)]
        return (0...hidden.count).map { i in
            let isLast = i == hidden.count
            return Layer(
                prefix: "fc.\(2 * i)", input: widths[i], output: widths[i + 1],
                outputName: isLast ? "classes" : hidden[i].name,
                hasBias: hasBias || isLast)
        }
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        for group in hidden { try model.group(group) }
        for layer in layers {
            let initialization = Initialization.pytorchDefault(fanIn: layer.input.size)
            try model.parameter("\(layer.prefix).weight", [layer.output, layer.input], initialization)
            for vector in layer.vectors { try model.parameter(vector, [layer.output], initialization) }
        }
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        var nodes = try graph.nodes("inputs", layers[0].input)
        for layer in layers {
            nodes = try graph.layer(
                "\(layer.prefix).weight", .linear, from: nodes, to: layer.outputName, layer.output,
                vectors: layer.vectors)
        }
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let pixels = try forward.input("pixels", NINO_FLOAT32, [nil, channels, imageSize, imageSize])
        var x = try forward.reshape(pixels, [forward.shape(pixels)[0], channels * imageSize * imageSize])
        for (i, layer) in layers.enumerated() {
            x = try forward.linear(x, weight: "\(layer.prefix).weight", bias: layer.vectors.first)
            if i < hidden.count { x = try forward.relu(x) }
        }
        try forward.classify(x)
    }
}

private let plugin = Plugin(MLP.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
