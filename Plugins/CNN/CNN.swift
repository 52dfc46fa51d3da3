// Convolutional network on images, the vision net of the NiNo release (Knyazev et al. 2024, arXiv 2409.04434):
// convolutions with
// ReLU, global average pooling or a flatten, one linear layer; batch norm if wanted. Tensor names are those of one
// `Sequential`:
//
//   fc.{2i}.weight [hidden_i, hidden_{i-1}, k, k]   fc.{2i}.bias [hidden_i]          (fc.{3i}, and fc.{3i+1} the batch
//   norm)
//   fc.{n}.weight  [classes, hidden or hidden·pixels]   fc.{n}.bias [classes]
//
// Symmetry: the channels of every hidden layer permute freely; through a flatten with their pixels.
import NinoPluginSDK

struct CNN: NeuralGraphConstructor, ForwardPass {
    static let id = "nino.cnn"
    static let name = "Convolutional network"
    static let version = "1.0.0"
    static let modelTypes = ["cnn"]
    static let sampleConfigurations = [
        #"{"model_type": "cnn", "hidden": [4, 6, 6], "in_channels": 3, "image_size": 12, "num_classes": 5}"#,
        #"{"model_type": "cnn", "hidden": [4, 3], "in_channels": 1, "image_size": 9, "num_classes": 5, "#
            + #""batch_norm": true, "bias": false}"#,
        #"{"model_type": "cnn", "hidden": [3, 4], "in_channels": 2, "image_size": 7, "num_classes": 3, "#
            + #""global_pool": false, "kernel_size": 5}"#,
    ]

    // MARK: Configuration

    let hidden: [Group]
    let channels: Int
    let imageSize: Int
    let classes: Int
    let kernelSize: Int
    let hasBias: Bool
    let firstStride: Int
    let stride: Int
    let hasBatchNorm: Bool
    let hasGlobalPool: Bool

    init(_ configuration: inout ConfigurationReader) throws {
        hidden = try configuration.integers("hidden").enumerated().map { Group("hidden_\($0)", size: $1) }
        channels = try configuration.integer("in_channels", in: 1...4096)
        imageSize = try configuration.integer("image_size", in: 1...16384)
        classes = try configuration.integer("num_classes")
        kernelSize = try configuration.integer("kernel_size", default: 3, in: 1...255)
        hasBias = try configuration.boolean("bias", default: true)
        firstStride = try configuration.integer("first_stride", default: 2, in: 1...255)
        stride = try configuration.integer("stride", default: 1, in: 1...255)
        hasBatchNorm = try configuration.boolean("batch_norm", default: false)
        hasGlobalPool = try configuration.boolean("global_pool", default: true)
        try configuration.refuseOtherKeys()
        try validate()
    }

    private func validate() throws {
        guard !hidden.isEmpty else {
            throw PluginError.invalid("key \"hidden\": expected at least one width, found []")
        }
        guard kernelSize <= imageSize else {
            throw PluginError.invalid(
                "key \"kernel_size\": expected at most image_size = \(imageSize), found \(kernelSize)")
        }
        guard convolutions.allSatisfy({ $0.outputSize > 0 }) else {
            throw PluginError.invalid(
                "key \"stride\": expected strides that leave at least one pixel of image_size = \(imageSize), found "
                    + "\(firstStride), then \(stride)"
            )
        }
    }

    // MARK: Layers

    private struct Convolution {
        let prefix: String
        let norm: String?
        let input: Axis
        let output: Group
        let stride: Int
        /// Pixels added above and to the left, and below and to the right.
        let padding: (before: Int, after: Int)
        /// Height and width of the output.
        let outputSize: Int
        let vectors: [String]
    }

    private var convolutions: [Convolution] {
        var size = imageSize
        return hidden.indices.map { i in
            let prefix = "fc.\((hasBatchNorm ? 3 : 2) * i)"
            let norm = hasBatchNorm ? "fc.\(3 * i + 1)" : nil
            let stride = i == 0 ? firstStride : self.stride
            let padding = padding(ofLayer: i)
            let room = size + padding.before + padding.after - kernelSize
            size = room < 0 ? 0 : room / stride + 1
            let vectors = (hasBias ? ["\(prefix).bias"] : []) + (norm.map { ["\($0).weight", "\($0).bias"] } ?? [])
            return Convolution(
                prefix: prefix, norm: norm, input: i == 0 ? Axis(fixed: channels) : Axis(hidden[i - 1]),
                output: hidden[i],
                stride: stride, padding: padding, outputSize: size, vectors: vectors)
        }
    }

    /// None for the first layer; then PyTorch's 'same' where the stride is 1 (an even kernel has the odd pixel behind),
    /// else (k - 1) / 2.
    private func padding(ofLayer i: Int) -> (before: Int, after: Int) {
        guard i > 0 else { return (0, 0) }
        let before = (kernelSize - 1) / 2
        return (before, stride == 1 ? kernelSize - 1 - before : before)
    }

    /// Pixels that each channel hands to the linear layer.
    private func pixels(_ convolutions: [Convolution]) -> Int {
        let size = hasGlobalPool ? 1 : convolutions[convolutions.count - 1].outputSize
        return size * size
    }

    private func classifierInput(_ convolutions: [Convolution]) -> Axis {
        let pixels = pixels(convolutions)
        return pixels == 1 ? Axis(hidden[hidden.count - 1]) : Axis([.group(hidden[hidden.count - 1]), .fixed(pixels)])
    }

    private var classifier: String {
        "fc.\((hasBatchNorm ? 3 : 2) * hidden.count + (hasGlobalPool ? 2 : 1))"
    }

    // MARK: Tensors and symmetries

    func describe(_ model: ModelBuilder) throws {
        let convolutions = convolutions
        for group in hidden { try model.group(group) }
        for layer in convolutions {
            let output = Axis(layer.output)
            let initialization = Initialization.pytorchDefault(fanIn: layer.input.size * kernelSize * kernelSize)
            try model.parameter(
                "\(layer.prefix).weight", [output, layer.input, Axis(fixed: kernelSize), Axis(fixed: kernelSize)],
                initialization)
            if hasBias { try model.parameter("\(layer.prefix).bias", [output], initialization) }
            guard let norm = layer.norm else { continue }
            try model.parameter("\(norm).weight", [output], .constant(1))
            try model.parameter("\(norm).bias", [output], .constant(0))
            try model.buffer("\(norm).running_mean", [output], .constant(0))
            try model.buffer("\(norm).running_var", [output], .constant(1))
            try model.counter("\(norm).num_batches_tracked")
        }
        let input = classifierInput(convolutions)
        let initialization = Initialization.pytorchDefault(fanIn: input.size)
        try model.parameter("\(classifier).weight", [Axis(fixed: classes), input], initialization)
        try model.parameter("\(classifier).bias", [Axis(fixed: classes)], initialization)
    }

    // MARK: Neural graph

    func construct(_ graph: GraphBuilder) throws {
        let convolutions = convolutions
        var nodes = try graph.nodes("image", Axis(fixed: channels))
        for layer in convolutions {
            nodes = try graph.layer(
                "\(layer.prefix).weight", .convolution, from: nodes, to: layer.output.name, Axis(layer.output),
                vectors: layer.vectors,
                kernel: kernelSize * kernelSize)
        }
        if pixels(convolutions) > 1 { nodes = try graph.flatten(nodes, to: "flattened", classifierInput(convolutions)) }
        _ = try graph.layer(
            "\(classifier).weight", .linear, from: nodes, to: "classes", Axis(fixed: classes),
            vectors: ["\(classifier).bias"])
    }

    // MARK: Forward pass

    func trace(_ forward: ForwardBuilder) throws {
        let convolutions = convolutions
        var x = try forward.input("pixels", NINO_FLOAT32, [nil, channels, imageSize, imageSize])
        let batch = try forward.shape(x)[0]
        for layer in convolutions {
            x = try forward.conv2d(
                x, weight: "\(layer.prefix).weight", bias: hasBias ? "\(layer.prefix).bias" : nil, stride: layer.stride,
                padding: layer.padding)
            if let norm = layer.norm { x = try forward.batchNorm(x, norm) }
            x = try forward.relu(x)
        }
        x =
            hasGlobalPool
            ? try forward.globalAveragePool(x)
            : try forward.reshape(x, [batch, classifierInput(convolutions).size])
        try forward.classify(forward.linear(x, weight: "\(classifier).weight", bias: "\(classifier).bias"))
    }
}

private let plugin = Plugin(CNN.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
