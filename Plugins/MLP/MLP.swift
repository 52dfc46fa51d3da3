// Multi-layer perceptron on images, the graph-free sibling of the vision net of the NiNo release (Knyazev et al. 2024,
// arXiv 2409.04434): linear layers `fc.0`, `fc.2`, … with ReLU between.
//
//   fc.{2i}.weight [hidden_i, hidden_{i-1}]   fc.{2i}.bias [hidden_i]
//
// Symmetry: the neurons of every hidden layer permute freely.
//
// Its neural graph is written by hand, as an example: the one that the calls make would be the same.
import NinoPluginSDK

struct MLP: Architecture {
    static let id = "nino.mlp"
    static let name = "Multi-layer perceptron"
    static let version = "1.0.0"
    static let modelTypes = ["mlp"]
    static let sampleConfigurations = [
        #"{"model_type": "mlp", "hidden": [12, 9], "in_channels": 1, "image_size": 4, "num_classes": 5}"#,
        #"{"model_type": "mlp", "hidden": [7, 5, 6], "in_channels": 2, "image_size": 3, "num_classes": 4, "#
            + #""bias": false}"#,
    ]

    let modules = Modules()
    let channels, imageSize: Int
    /// Of the neurons in front of each layer, and behind the last.
    let axes: [Axis]
    let hasBias: Bool
    let layers: [Linear]

    init(_ configuration: inout ConfigurationReader) throws {
        let hidden = try configuration.integers("hidden").enumerated().map { Group("hidden_\($0)", size: $1) }
        channels = try configuration.integer("in_channels", in: 1...4096)
        imageSize = try configuration.integer("image_size", in: 1...16384)
        let classes = try configuration.integer("num_classes")
        hasBias = try configuration.boolean("bias", default: true)
        // Keys that the two vision nets share, but that mean nothing without convolutions.
        try configuration.refuseOtherKeys(ignored: ["kernel_size", "first_stride", "stride", "global_pool"])
        axes = [Axis(fixed: channels * imageSize * imageSize)] + hidden.map { Axis($0) } + [Axis(fixed: classes)]
        let (modules, axes, hasBias) = (modules, axes, hasBias)
        layers = (0...hidden.count).map { i in
            Linear(modules / "fc" / (2 * i), from: axes[i], to: axes[i + 1], bias: hasBias || i == hidden.count)
        }
    }

    func forward(_ net: Network) throws {
        var x = try layers[0](net.pixels(channels: channels, size: imageSize).flattened())
        for layer in layers.dropFirst() { x = try layer(Activation.relu(x)) }
        try net.classify(x)
    }

    /// A node for every neuron and one for every bias; an edge for every scalar.
    func construct(_ graph: GraphBuilder) throws {
        var neurons = try graph.nodes("inputs", axes[0])
        for i in layers.indices {
            let isLast = i == layers.count - 1
            let bias = hasBias || isLast ? try graph.nodes("fc.\(2 * i).bias") : nil
            let next = try graph.nodes(isLast ? "classes" : "hidden_\(i)", axes[i + 1])
            try graph.linear("fc.\(2 * i)", from: neurons, bias: bias, to: next)
            neurons = next
        }
    }
}

private let plugin = Plugin(MLP.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
