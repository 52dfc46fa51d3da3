// A plugin that supplies its forward pass and the shapes of its tensors, and nothing else: no groups, no axes, no
// neural graph.
//
//   stem [width, pixels]   up [inner, width]   down [width, inner]   head [classes, width]: weight and bias each
//
// x = stem(pixels); x = x + down(relu(up(norm(x)))); head(x).
import NinoPluginSDK

struct ForwardOnly: ForwardPass {
    static let id = "test.forward-only"
    static let name = "Forward pass alone"
    static let version = "1.0.0"
    static let modelTypes = ["forward_only"]
    static let sampleConfigurations = [
        #"{"model_type": "forward_only", "width": 6, "inner": 9, "image_size": 4, "num_classes": 3}"#
    ]

    let width, inner, imageSize, classes: Int

    init(_ configuration: inout ConfigurationReader) throws {
        width = try configuration.integer("width", in: 1...4096)
        inner = try configuration.integer("inner", in: 1...4096)
        imageSize = try configuration.integer("image_size", in: 1...4096)
        classes = try configuration.integer("num_classes", in: 2...4096)
        try configuration.refuseOtherKeys(ignored: ["in_channels"])
    }

    func describe(_ model: ModelBuilder) throws {
        let sizes = [
            ("stem", width, imageSize * imageSize), ("up", inner, width), ("down", width, inner),
            ("head", classes, width),
        ]
        for (name, outputs, inputs) in sizes {
            let initialization = Initialization.pytorchDefault(fanIn: inputs)
            try model.parameter("\(name).weight", [Axis(fixed: outputs), Axis(fixed: inputs)], initialization)
            try model.parameter("\(name).bias", [Axis(fixed: outputs)], initialization)
        }
        try model.parameter("norm.weight", [Axis(fixed: width)], .constant(1))
        try model.parameter("norm.bias", [Axis(fixed: width)], .constant(0))
    }

    func trace(_ forward: ForwardBuilder) throws {
        let pixels = try forward.input("pixels", NINO_FLOAT32, [nil, 1, imageSize, imageSize])
        let flat = try forward.reshape(pixels, [forward.shape(pixels)[0], imageSize * imageSize])
        let x = try forward.linear(flat, "stem", bias: true)
        let hidden = try forward.relu(forward.linear(forward.layerNorm(x, "norm", epsilon: 1e-5), "up", bias: true))
        try forward.classify(
            forward.linear(forward.add(x, forward.linear(hidden, "down", bias: true)), "head", bias: true))
    }
}

private let plugin = Plugin(ForwardOnly.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
