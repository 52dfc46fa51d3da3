// MLP-Mixer (Tolstikhin et al. 2021), tensor names of timm's mixer models: each block mixes the patches of every
// channel, then the channels of every patch. Weights [out, in].
//
//   stem.proj [D, channels, p, p]   blocks.{l}.norm1, .mlp_tokens.fc1 [tokens_dim, patches], .mlp_tokens.fc2, .norm2,
//   .mlp_channels.fc1 [channels_dim, D], .mlp_channels.fc2   norm   head: weight and bias each
//
// Symmetry: the channels D, the hidden units of both MLPs. Patches stay: the image tells them apart.
import NinoPluginSDK

struct Mixer: Architecture {
    static let id = "test.mixer"
    static let name = "MLP-Mixer"
    static let version = "1.0.0"
    static let modelTypes = ["mlp_mixer"]
    static let sampleConfigurations = [
        #"{"model_type": "mlp_mixer", "num_blocks": 2, "embed_dim": 6, "tokens_dim": 5, "channels_dim": 7, "#
            + #""patch_size": 2, "image_size": 4, "num_classes": 3}"#
    ]

    let modules = Modules()
    let imageSize: Int
    let stem: Convolution
    let blocks: [Block]
    let norm: LayerNorm
    let head: Linear

    init(_ configuration: inout ConfigurationReader) throws {
        let depth = try configuration.integer("num_blocks", in: 1...4096)
        let width = try configuration.integer("embed_dim", in: 1...(1 << 20))
        let tokensSize = try configuration.integer("tokens_dim")
        let channelsSize = try configuration.integer("channels_dim")
        imageSize = try configuration.integer("image_size", in: 1...16384)
        let patchSize = try configuration.divisor("patch_size", of: "image_size", imageSize)
        let classes = try configuration.integer("num_classes")
        try configuration.refuseOtherKeys()
        let channels = Axis(Group("channels", size: width))
        let patches = Axis(fixed: imageSize / patchSize * (imageSize / patchSize))
        let names = modules / "blocks"
        stem = Convolution(modules / "stem.proj", from: 3, to: channels, kernel: patchSize, stride: patchSize)
        blocks = (0..<depth).map { i in
            Block(
                names / i, channels: channels, patches: patches,
                hiddenTokens: Axis(Group("tokens_\(i)", size: tokensSize)),
                hiddenChannels: Axis(Group("hidden_\(i)", size: channelsSize)))
        }
        norm = LayerNorm(modules / "norm", channels, epsilon: 1e-6)
        head = Linear(modules / "head", from: channels, to: Axis(fixed: classes))
    }

    func forward(_ net: Network) throws {
        var x = try stem(net.pixels(channels: 3, size: imageSize)).asSequence()
        for block in blocks { x = try block(x) }
        try net.classify(head(norm(x).averagedOverPositions()))
    }
}

struct Block {
    let norm1, norm2: LayerNorm
    let tokens, channels: MLP

    init(_ at: Path, channels width: Axis, patches: Axis, hiddenTokens: Axis, hiddenChannels: Axis) {
        norm1 = LayerNorm(at / "norm1", width, epsilon: 1e-6)
        tokens = MLP(
            up: Linear(at / "mlp_tokens.fc1", from: patches, to: hiddenTokens),
            down: Linear(at / "mlp_tokens.fc2", from: hiddenTokens, to: patches), .gelu)
        norm2 = LayerNorm(at / "norm2", width, epsilon: 1e-6)
        channels = MLP(
            up: Linear(at / "mlp_channels.fc1", from: width, to: hiddenChannels),
            down: Linear(at / "mlp_channels.fc2", from: hiddenChannels, to: width), .gelu)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let x = try x + tokens(norm1(x).transposed()).transposed()
        return try x + channels(norm2(x))
    }
}

private let plugin = Plugin(Mixer.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
