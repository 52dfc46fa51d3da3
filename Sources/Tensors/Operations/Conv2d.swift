import CKernels

/// 2-D convolution (cross-correlation, as PyTorch's).
///
/// Inputs: x [n, in, height, width], weight [out, in / groups, kernel height, kernel width], bias [out] (optional).
/// Output: [n, out, height', width']. Attributes `stride` (default 1), `padding` (default 0), `dilation` (default 1;
/// see `Window`), `groups` (integer, default 1).
struct Conv2d: RegisteredOperation {
    static let name = "conv2d"
    static let attributeNames = ["stride", "padding", "dilation", "groups"]

    let window: Window
    let groups: Int
    private(set) var hasReLU = false

    init(_ attributes: OperationAttributes) throws(TensorError) {
        window = try Window(attributes, defaultStride: [1, 1])
        groups = try attributes.integer("groups", default: 1, in: 1...Int(Int32.max))
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...3)
        let (x, weight) = (inputs[0].shape, inputs[1].shape)
        try require(x.count == 4 && x[1] % groups == 0, inputs, 0, "[n, a multiple of \(groups), height, width]")
        let expected = "[a multiple of \(groups), \(x[1] / groups), kernel height, kernel width]"
        try require(weight.count == 4 && weight[0] % groups == 0 && weight[1] == x[1] / groups, inputs, 1, expected)
        if inputs.count == 3 { try require(inputs[2].shape == [weight[0]], inputs, 2, "[\(weight[0])]") }
        guard let size = window.outputSize(height: x[2], width: x[3], kernel: Array(weight[2...])) else {
            throw .inputShape(
                operation: name, input: 0, expected: "an image no smaller than the kernel \(weight[2...])", found: x)
        }
        return [x[0], weight[0]] + size
    }

    func fusedWithReLU() -> (any Operation)? {
        guard !hasReLU else { return nil }
        var copy = self
        copy.hasReLU = true
        return copy
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let (x, weight) = (inputs[0].shape, inputs[1].shape)
        let size = window.outputSize(height: x[2], width: x[3], kernel: Array(weight[2...]))!
        let window = AxisFlow.Role.pinned("a window slides over it")
        let (image, group) = (flow.index(x[0]), flow.index(groups))
        let (input, output) = (flow.index(weight[1]), flow.index(weight[0] / groups))
        func pixels(_ sizes: ArraySlice<Int>) -> [AxisFlow.Axis] { flow.indices(sizes, window).map { [[$0]] } }
        let axes = [
            [[[image]], [[group, input]]] + pixels(x[2...]), [[[group, output]], [[input]]] + pixels(weight[2...]),
            [[[group, output]]],
        ]
        let result = [[[image]], [[group, output]]] + pixels(size[...])
        return flow.make(Array(axes.prefix(inputs.count)), result)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let size = ConvolutionSizes(self, inputs, output)
        if let direct = DirectConvolution(self, size) { return try direct.forward(inputs, into: output, context) }
        try columnForward(size, inputs, output, context)
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let size = ConvolutionSizes(self, inputs, output)
        if let direct = DirectConvolution(self, size), targets[0] == nil || direct.canPullbackImage {
            return try direct.pullback(gradient, output: output, inputs: inputs, into: targets, context)
        }
        try columnPullback(size, gradient, output, inputs, targets, context)
    }
}

/// Sizes of one convolution; channels are counted in one group.
struct ConvolutionSizes {
    let images, groups, inputChannels, outputChannels: Int
    /// Pixels of one channel of the input and of the output.
    let pixels, positions: Int
    /// Weights that meet in one output: inputChannels · kernel height · kernel width.
    let taps: Int
    let geometry: nino_window_t

    init(_ operation: Conv2d, _ inputs: [Value], _ output: Tensor) {
        let (x, weight, y) = (inputs[0].floats.shape, inputs[1].floats.shape, output.shape)
        images = x[0]
        groups = operation.groups
        inputChannels = weight[1]
        outputChannels = weight[0] / groups
        pixels = x[2] * x[3]
        positions = y[2] * y[3]
        taps = weight[1] * weight[2] * weight[3]
        geometry = operation.window.geometry(channels: weight[1], input: x, kernel: Array(weight[2...]), output: y)
    }

    /// Elements of one image.
    var inputCount: Int { groups * inputChannels * pixels }
    var outputCount: Int { groups * outputChannels * positions }
    var weightCount: Int { groups * outputChannels * taps }

    /// Images in one tile of a sum over images: at most 16 tiles, as each needs a partial sum of its own.
    var imagesPerTile: Int { (images + 15) / 16 }
    var tiles: Int { (images + imagesPerTile - 1) / imagesPerTile }
}
