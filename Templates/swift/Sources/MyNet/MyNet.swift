// A residual multi-layer perceptron on images, to be replaced by your architecture section by section. B is the number
// of blocks.
//
//   embed.weight [width, pixels]               embed.bias [width]
//   blocks.{i}.norm.weight [width]             blocks.{i}.norm.bias [width]       i = 0 … B - 1
//   blocks.{i}.up.weight [hidden_i, width]     blocks.{i}.up.bias [hidden_i]
//   blocks.{i}.down.weight [width, hidden_i]   blocks.{i}.down.bias [width]
//   head.weight [classes, width]               head.bias [classes]
//
// Symmetry: the units of the residual stream permute, the same way in every block; the hidden units of each block
// permute freely.
import NinoPluginSDK

struct MyNet: Architecture {
    // To change: a reverse-domain id that is yours, and the `model_type` of your configs. The samples are what `nino
    // verify` proves the claims on: small, with different sizes wherever sizes may differ, and every feature of the
    // architecture in at least one.
    static let id = "org.example.mynet"
    static let name = "MyNet"
    static let version = "0.1.0"
    static let modelTypes = ["mynet"]
    static let sampleConfigurations = [
        #"{"model_type": "mynet", "width": 6, "hidden": [8, 5], "in_channels": 2, "image_size": 3, "num_classes": 4}"#
    ]

    // MARK: Modules

    let modules = Modules()
    let channels, imageSize: Int
    let embed: Linear
    let blocks: [Block]
    let head: Linear

    // To change: read every key of the config there is; `refuseOtherKeys` refuses those nobody asked for. Then make the
    // modules under their names in the checkpoint, in named_parameters() order. An axis is the group that permutes it
    // (two axes with the same group move together), or a number where nothing may move: these are the claims that get
    // proved.
    init(_ configuration: inout ConfigurationReader) throws {
        let stream = Axis(Group("stream", size: try configuration.integer("width", in: 1...65536)))
        let hidden = try configuration.integers("hidden", in: 1...65536)
        channels = try configuration.integer("in_channels", in: 1...4096)
        imageSize = try configuration.integer("image_size", in: 1...16384)
        let classes = try configuration.integer("num_classes")
        try configuration.refuseOtherKeys()

        let names = modules / "blocks"
        embed = Linear(modules / "embed", from: Axis(fixed: channels * imageSize * imageSize), to: stream)
        blocks = hidden.enumerated().map { i, size in
            Block(names / i, stream: stream, hidden: Axis(Group("hidden_\(i)", size: size)))
        }
        head = Linear(modules / "head", from: stream, to: Axis(fixed: classes))
    }

    // To change: how the modules are called, from the inputs to the logits. nino reads it twice: as the neural graph,
    // where each module joins the neurons it reads to those it makes, and as the forward pass. What has no module is
    // reached by `x.applying("op", ["attribute": .integer(1)])`; all ops are listed in nino's docs/ops.md.
    func forward(_ net: Network) throws {
        var x = try embed(net.pixels(channels: channels, size: imageSize).flattened())
        for block in blocks { x = try block(x) }
        try net.classify(head(x))
    }
}

struct Block {
    let norm: LayerNorm
    let up, down: Linear

    init(_ at: Path, stream: Axis, hidden: Axis) {
        norm = LayerNorm(at / "norm", stream)
        up = Linear(at / "up", from: stream, to: hidden)
        down = Linear(at / "down", from: hidden, to: stream)
    }

    func callAsFunction(_ x: Neurons) throws -> Neurons {
        let y = try norm(x)
        return try x + down(Activation.relu(up(y)))
    }
}

private let plugin = Plugin(MyNet.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
