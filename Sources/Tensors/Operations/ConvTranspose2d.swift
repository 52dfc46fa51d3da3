import CKernels

/// The transposition of a 2-D convolution: each pixel spreads over the window that a convolution would gather it from.
///
/// Inputs: x [n, in, height, width], weight [in, out / groups, kernel height, kernel width], bias [out] (optional).
/// Output: [n, out, height', width'], height' = (height - 1) · stride - padding + reach of the kernel + outputPadding.
/// Attributes as `conv2d`, and `outputPadding` (1 or 2 integers below the stride, default 0).
struct ConvTranspose2d: RegisteredOperation {
    static let name = "convTranspose2d"
    static let attributeNames = ["stride", "padding", "outputPadding", "dilation", "groups"]

    private let window: Window
    private let outputPadding: [Int]
    private let groups: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        window = try Window(attributes, defaultStride: [1, 1])
        groups = try attributes.integer("groups", default: 1, in: 1...Int(Int32.max))
        outputPadding = try attributes.integers("outputPadding", default: 0, counts: [2], in: 0...Window.largest)
        for side in 0..<2 where outputPadding[side] >= max(window.stride[side], window.dilation[side]) {
            throw .attributeValue(
                operation: attributes.operation, name: "outputPadding", expected: "below the stride \(window.stride)",
                found: "\(outputPadding)")
        }
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...3)
        let (x, weight) = (inputs[0].shape, inputs[1].shape)
        try require(x.count == 4 && x[1] % groups == 0, inputs, 0, "[n, a multiple of \(groups), height, width]")
        try require(
            weight.count == 4 && weight[0] == x[1], inputs, 1, "[\(x[1]), out / groups, kernel height, kernel width]")
        let channels = weight[1] * groups
        if inputs.count == 3 { try require(inputs[2].shape == [channels], inputs, 2, "[\(channels)]") }
        let reach = window.reach(Array(weight[2...]))
        let size = (0..<2).map { (side: Int) -> Int in
            let spread = (x[2 + side] - 1) * window.stride[side] + reach[side] + outputPadding[side]
            return spread - window.padding[side] - window.padding[side + 2]
        }
        try require(size.allSatisfy { $0 >= 1 }, inputs, 0, "an image that the padding leaves something of")
        return [x[0], channels] + size
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let (x, weight) = (inputs[0].shape, inputs[1].shape)
        let size = ((try? outputShape(inputs: inputs)) ?? x).suffix(2)
        let slides = AxisFlow.Role.pinned("a window slides over it")
        let (image, group) = (flow.index(x[0]), flow.index(groups))
        let (input, output) = (flow.index(x[1] / groups), flow.index(weight[1]))
        func pixels(_ sizes: ArraySlice<Int>) -> [AxisFlow.Axis] { flow.indices(sizes, slides).map { [[$0]] } }
        let axes = [
            [[[image]], [[group, input]]] + pixels(x[2...]), [[[group, input]], [[output]]] + pixels(weight[2...]),
            [[[group, output]]],
        ]
        let result = [[[image]], [[group, output]]] + pixels(size)
        return flow.make(Array(axes.prefix(inputs.count)), result)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let size = Sizes(self, inputs[0].floats.shape, inputs[1].floats.shape, output.shape)
        let (x, weight) = (inputs[0].floats.address, inputs[1].floats.address)
        let columns = try context.transient(0, count: size.taps * size.pixels)
        for index in 0..<(size.images * groups) {
            let group = index % groups
            let y = output.address + index * size.outputs * size.positions
            for channel in 0..<size.outputs {
                let bias = inputs.count == 3 ? inputs[2].floats.address[group * size.outputs + channel] : 0
                (y + channel * size.positions).update(repeating: bias, count: size.positions)
            }
            gemm(
                transposeA: true, m: size.taps, n: size.pixels, k: size.inputs,
                weight + group * size.inputs * size.taps, lda: size.taps, x + index * size.inputs * size.pixels,
                ldb: size.pixels, columns, ldc: size.pixels)
            withUnsafePointer(to: size.geometry) { nino_col2im(columns, $0, y, Int64(size.pixels)) }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let size = Sizes(self, inputs[0].floats.shape, inputs[1].floats.shape, output.shape)
        let (x, weight) = (inputs[0].floats.address, inputs[1].floats.address)
        let columns = try context.transient(0, count: size.taps * size.pixels)
        for index in 0..<(size.images * groups) {
            let (image, group) = (index / groups, index % groups)
            let dy = gradient.address + index * size.outputs * size.positions
            withUnsafePointer(to: size.geometry) { nino_im2col(dy, $0, columns, Int64(size.pixels)) }
            let part = group * size.inputs * size.taps
            if let target = targets[0] {
                gemm(
                    m: size.inputs, n: size.pixels, k: size.taps, weight + part, lda: size.taps, columns,
                    ldb: size.pixels, beta: target.beta, target.address + index * size.inputs * size.pixels,
                    ldc: size.pixels)
            }
            if let target = targets[1] {
                gemm(
                    transposeB: true, m: size.inputs, n: size.taps, k: size.pixels,
                    x + index * size.inputs * size.pixels, lda: size.pixels, columns, ldb: size.pixels,
                    beta: image == 0 ? target.beta : 1, target.address + part, ldc: size.taps)
            }
        }
        if targets.count == 3, let target = targets[2] { sumBias(gradient, size, into: target) }
    }

    private func sumBias(_ gradient: Tensor, _ size: Sizes, into target: GradientTarget) {
        let channels = groups * size.outputs
        for channel in 0..<channels {
            let sum = (0..<size.images).reduce(0.0) {
                $0 + nino_sum(gradient.address + ($1 * channels + channel) * size.positions, Int64(size.positions))
            }
            target.add(Float(sum), at: channel)
        }
    }

    /// Channels are counted in one group; `pixels` are those of x, `positions` those of the output.
    private struct Sizes {
        let images, inputs, outputs, pixels, positions, taps: Int
        let geometry: nino_window_t

        init(_ operation: ConvTranspose2d, _ x: [Int], _ weight: [Int], _ output: [Int]) {
            images = x[0]
            inputs = x[1] / operation.groups
            outputs = weight[1]
            pixels = x[2] * x[3]
            positions = output[2] * output[3]
            taps = weight[1] * weight[2] * weight[3]
            geometry = operation.window.geometry(
                channels: weight[1], input: output, kernel: Array(weight[2...]), output: x)
        }
    }
}
