/// Cross-correlation of images with square kernels, PyTorch's Conv2d: `weight` `[out, in, k, k]`, and `bias` `[out]` if
/// it has one.
///
/// In the graph all pairs of channels, each edge with a kernel.
public struct Convolution: Sendable {
    private let order: Int
    private let name: String
    private let output: Axis
    private let hasBias: Bool
    private let kernel, stride: Int
    private let padding: (before: Int, after: Int)

    /// Declares the layer.
    /// - Parameters:
    ///   - path: its tensors are `path.weight` and `path.bias`.
    ///   - input: the channels it reads, and which groups move them.
    ///   - output: the channels it makes.
    ///   - kernel: side of a kernel.
    ///   - stride: pixels from one place of the kernel to the next.
    ///   - padding: pixels added above and to the left, and below and to the right.
    ///   - hasBias: there is a bias.
    ///   - weights: how the weight is drawn; nil for PyTorch's rule, for the bias too.
    public init(
        _ path: Path, from input: Axis, to output: Axis, kernel: Int, stride: Int = 1,
        padding: (before: Int, after: Int) = (0, 0), bias hasBias: Bool = true, weights: Initialization? = nil
    ) {
        let usual = Initialization.pytorchDefault(fanIn: input.size * kernel * kernel)
        let side = Axis(fixed: kernel)
        order = path.modules.declare(
            DeclaredTensor("\(path.name).weight", .parameter(weights ?? usual), [output, input, side, side]))
        if hasBias {
            let drawn = weights == nil ? usual : .constant(0)
            _ = path.modules.declare(DeclaredTensor("\(path.name).bias", .parameter(drawn), [output]))
        }
        (name, self.output, self.hasBias) = (path.name, output, hasBias)
        (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
    }

    /// Side of the images it makes of images with this side; 0 or less where a kernel has no place.
    public func side(of input: Int) -> Int {
        let room = input + padding.before + padding.after - kernel
        return room < 0 ? 0 : room / stride + 1
    }

    /// `[B, in, H, W]` → `[B, out, H', W']`.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.read(
            graph: { _, stages in
                let result = Stage(name, output)
                let bias = Stage.Vector(
                    parameter: "\(name).bias", type: .bias, place: .bias(order), count: output.size,
                    name: "\(name).bias")
                result.pending = Stage.Pending(input: stages[0], bias: hasBias ? bias : nil, part: nil) {
                    graph, input, output in
                    graph.edges(.weight(order), from: input, to: output) { builder, from, to in
                        try builder.dense("\(name).weight", .convolution, from: from, to: to, kernel: kernel * kernel)
                    }
                }
                let sides = stages.dropFirst().map { stage in
                    Stage("pixels", stage.axis.map { Axis(fixed: side(of: $0.size)) })
                }
                return [result] + sides
            },
            trace: {
                let bias = hasBias ? "\(name).bias" : nil
                return try $0.conv2d($1, weight: "\(name).weight", bias: bias, stride: stride, padding: padding)
            })
    }
}
