// Convolutional network on images, the vision net of the NiNo release (Knyazev et al. 2024, arXiv 2409.04434):
// convolutions with ReLU, global average pooling or a flatten, one linear layer; batch norm if wanted. Tensor names are
// those of one `Sequential`:
//
//   fc.{2i}.weight [hidden_i, hidden_{i-1}, k, k]   fc.{2i}.bias [hidden_i]   (fc.{3i}, and fc.{3i+1} the batch norm)
//   fc.{n}.weight  [classes, hidden or hidden·pixels]   fc.{n}.bias [classes]
//
// Symmetry: the channels of every hidden layer permute freely; through a flatten with their pixels.
import NinoPluginSDK

struct CNN: Architecture {
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

    let modules = Modules()
    let channels, imageSize: Int
    let blocks: [Block]
    let hasGlobalPool: Bool
    let classifier: Linear

    struct Block {
        let convolution: Convolution
        let norm: BatchNorm?

        func callAsFunction(_ x: Neurons) throws -> Neurons {
            let y = try convolution(x)
            return try Activation.relu(norm.map { try $0(y) } ?? y)
        }
    }

    init(_ configuration: inout ConfigurationReader) throws {
        let c = try Configuration(&configuration)
        let fc = modules / "fc"
        // Modules of the Sequential to a block: convolution, batch norm, ReLU.
        let stride = c.hasBatchNorm ? 3 : 2
        var input = Axis(fixed: c.channels)
        var side = c.imageSize
        blocks = c.hidden.indices.map { i in
            let output = Axis(c.hidden[i])
            let convolution = Convolution(
                fc / (stride * i), from: input, to: output, kernel: c.kernelSize,
                stride: i == 0 ? c.firstStride : c.stride, padding: c.padding(ofLayer: i), bias: c.hasBias)
            (input, side) = (output, convolution.side(of: side))
            return Block(
                convolution: convolution, norm: c.hasBatchNorm ? BatchNorm(fc / (stride * i + 1), output) : nil)
        }
        guard side > 0 else {
            throw PluginError.invalid(
                "key \"stride\": expected strides that leave at least one pixel of image_size = \(c.imageSize), found "
                    + "\(c.firstStride), then \(c.stride)"
            )
        }
        (channels, imageSize, hasGlobalPool) = (c.channels, c.imageSize, c.hasGlobalPool)
        classifier = Linear(
            fc / (stride * blocks.count + (hasGlobalPool ? 2 : 1)), from: input.times(hasGlobalPool ? 1 : side * side),
            to: Axis(fixed: c.classes))
    }

    func forward(_ net: Network) throws {
        var x = try net.pixels(channels: channels, size: imageSize)
        for block in blocks { x = try block(x) }
        try net.classify(classifier(hasGlobalPool ? x.globalAveragePooled() : x.flattened()))
    }
}

private struct Configuration {
    let hidden: [Group]
    let channels, imageSize, classes, kernelSize, firstStride, stride: Int
    let hasBias, hasBatchNorm, hasGlobalPool: Bool

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
        guard !hidden.isEmpty else {
            throw PluginError.invalid("key \"hidden\": expected at least one width, found []")
        }
        guard kernelSize <= imageSize else {
            throw PluginError.invalid(
                "key \"kernel_size\": expected at most image_size = \(imageSize), found \(kernelSize)")
        }
    }

    /// None for the first layer; then PyTorch's 'same' where the stride is 1 (an even kernel has the odd pixel behind),
    /// else (k - 1) / 2.
    func padding(ofLayer i: Int) -> (before: Int, after: Int) {
        guard i > 0 else { return (0, 0) }
        let before = (kernelSize - 1) / 2
        return (before, stride == 1 ? kernelSize - 1 - before : before)
    }
}

private let plugin = Plugin(CNN.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
