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

struct MyNet: NeuralGraphConstructor, ForwardPass {
    // To change: a reverse-domain id that is yours, and the `model_type` of your configs. The samples are what `nino
    // verify` proves the
    // claims on: small, with different sizes wherever sizes may differ, and every feature of the architecture in at
    // least one.
    static let id = "org.example.mynet"
    static let name = "MyNet"
    static let version = "0.1.0"
    static let modelTypes = ["mynet"]
    static let sampleConfigurations = [
        #"{"model_type": "mynet", "width": 6, "hidden": [8, 5], "in_channels": 2, "image_size": 3, "num_classes": 4}"#
    ]

    // MARK: Configuration

    // To change: one property for each key. Read every key there is; the last line refuses those nobody asked for.
    let stream: Group
    let blocks: [Block]
    let channels: Int
    let imageSize: Int
    let classes: Int

    struct Block {
        /// What the names of its tensors begin with.
        let prefix: String
        let hidden: Group
    }

    init(_ configuration: inout ConfigurationReader) throws {
        stream = Group("stream", size: try configuration.integer("width", in: 1...65536))
        blocks = try configuration.integers("hidden", in: 1...65536).enumerated().map { i, size in
            Block(prefix: "blocks.\(i)", hidden: Group("hidden_\(i)", size: size))
        }
        channels = try configuration.integer("in_channels", in: 1...4096)
        imageSize = try configuration.integer("image_size", in: 1...16384)
        classes = try configuration.integer("num_classes")
        try configuration.refuseOtherKeys()
    }

    private var pixels: Int { channels * imageSize * imageSize }

    // MARK: Tensors and symmetries

    // To change: every tensor under its name in the checkpoint, in named_parameters() order. An axis is the group that
    // permutes it
    // (two axes with the same group move together), or a number where nothing may move. These are the claims that get
    // proved.
    func describe(_ model: ModelBuilder) throws {
        func linear(_ prefix: String, _ output: Axis, _ input: Axis) throws {
            let initialization = Initialization.pytorchDefault(fanIn: input.size)
            try model.layer(prefix, [output, input], initialization, bias: output, initialization)
        }
        try model.group(stream)
        for block in blocks { try model.group(block.hidden) }
        try linear("embed", Axis(stream), Axis(fixed: pixels))
        for block in blocks {
            try model.layer("\(block.prefix).norm", [Axis(stream)], .constant(1), bias: Axis(stream))
            try linear("\(block.prefix).up", Axis(block.hidden), Axis(stream))
            try linear("\(block.prefix).down", Axis(stream), Axis(block.hidden))
        }
        try linear("head", Axis(fixed: classes), Axis(stream))
    }

    // MARK: Neural graph

    // To change: one node for every neuron, with the axis that moves it, and one more for every bias or norm vector;
    // then each parameter
    // as edges between the neurons it joins. A residual connection joins each unit with its successor.
    func construct(_ graph: GraphBuilder) throws {
        func linear(_ prefix: String, from: Nodes, to: Nodes) throws {
            try graph.linear(prefix, from: from, bias: graph.nodes("\(prefix).bias"), to: to)
        }
        let image = try graph.nodes("image", Axis(fixed: pixels))
        var before = try graph.nodes("stream 0", Axis(stream))
        try linear("embed", from: image, to: before)
        for (i, block) in blocks.enumerated() {
            let norm = "\(block.prefix).norm"
            try graph.norm(norm, graph.nodes("\(norm).weight"), bias: graph.nodes("\(norm).bias"), of: before)
            let hidden = try graph.nodes("\(block.prefix) hidden", Axis(block.hidden))
            let after = try graph.nodes("stream \(i + 1)", Axis(stream))
            try linear("\(block.prefix).up", from: before, to: hidden)
            try linear("\(block.prefix).down", from: hidden, to: after)
            try graph.fan("\(block.prefix) residual", .residual, from: before, to: after)
            before = after
        }
        try linear("head", from: before, to: graph.nodes("classes", Axis(fixed: classes)))
    }

    // MARK: Forward pass

    // To change: what the model computes, from its inputs to the logits. What has no method of its own is reached by
    // `forward.op("name", [x], ["attribute": .integer(1)])`; all ops are listed in nino's docs/ops.md.
    func trace(_ forward: ForwardBuilder) throws {
        let image = try forward.input("pixels", NINO_FLOAT32, [nil, channels, imageSize, imageSize])
        let flat = try forward.reshape(image, [forward.shape(image)[0], pixels])
        var x = try forward.linear(flat, "embed", bias: true)
        for block in blocks {
            let inner = try forward.layerNorm(x, "\(block.prefix).norm", epsilon: 1e-5)
            let up = try forward.linear(inner, "\(block.prefix).up", bias: true)
            x = try forward.add(x, forward.linear(forward.relu(up), "\(block.prefix).down", bias: true))
        }
        try forward.classify(forward.linear(x, "head", bias: true))
    }
}

private let plugin = Plugin(MyNet.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
