/// An operation over sequences [n, channels, length] that is its image's with a height of 1.
protocol SequenceOperation: RegisteredOperation {
    associatedtype Image: RegisteredOperation
    var image: Image { get }
    init(image: Image)
}

extension SequenceOperation {
    init(_ attributes: OperationAttributes) throws(TensorError) {
        var values = attributes.values
        for name in ["stride", "padding", "dilation", "outputPadding"] where values[name] != nil {
            let list = try attributes.integers(name, default: nil, counts: [1, 2], in: 0...Window.largest)
            let isPadding = name == "padding"
            guard list.count == 1 || isPadding else {
                throw .attributeValue(operation: Self.name, name: name, expected: "one integer", found: "\(list)")
            }
            // Above and below there is nothing to pad and nowhere to go.
            let vertical = isPadding || name == "outputPadding" ? 0 : 1
            values[name] = .integers(isPadding ? [0, list[0], 0, list.last ?? 0] : [vertical, list[0]])
        }
        self.init(image: try Image(OperationAttributes(operation: Self.name, values: values)))
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...3)
        for index in 0...1 { try require(inputs[index].shape.count == 3, inputs, index, "3 axes") }
        do {
            var shape = try image.outputShape(inputs: inputs.map { ValueType(.float32, lift($0.shape)) })
            shape.remove(at: 2)
            return shape
        } catch {
            guard case .inputShape(_, let index, let expected, _) = error else { throw error }
            throw .inputShape(
                operation: name, input: index, expected: "with a height of 1 \(expected)", found: inputs[index].shape)
        }
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        let flow = image.axisFlow(inputs: inputs.map { ValueType(.float32, lift($0.shape)) })
        func lower(_ axes: [AxisFlow.Axis]) -> [AxisFlow.Axis] {
            axes.count == 4 ? Array(axes[..<2]) + [axes[3]] : axes
        }
        return AxisFlow(indices: flow.indices, inputs: flow.inputs.map(lower), output: lower(flow.output))
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        try image.forward(inputs.map { .float(lift($0.floats)) }, into: lift(output), context: context)
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        try image.pullback(
            lift(gradient), output: lift(output), inputs: inputs.map { .float(lift($0.floats)) },
            into: targets.map { $0.map { GradientTarget(tensor: lift($0.tensor), beta: $0.beta) } }, context: context)
    }

    private func lift(_ shape: [Int]) -> [Int] { shape.count == 3 ? [shape[0], shape[1], 1, shape[2]] : shape }

    private func lift(_ tensor: Tensor) -> Tensor { Tensor(shape: lift(tensor.shape), of: tensor) }
}

/// 1-D convolution (cross-correlation).
///
/// Inputs: x [n, in, length], weight [out, in / groups, kernel], bias [out] (optional). Output: [n, out, length'].
/// Attributes as `conv2d`'s: `stride` and `dilation` one integer, `padding` one or two (before, behind).
struct Conv1d: SequenceOperation {
    static let name = "conv1d"
    static let attributeNames = Conv2d.attributeNames
    let image: Conv2d
}

/// The transposition of a 1-D convolution.
///
/// Inputs: x [n, in, length], weight [in, out / groups, kernel], bias [out] (optional). Output: [n, out, length'].
/// Attributes as `convTranspose2d`'s, each one integer; `padding` one or two (before, behind).
struct ConvTranspose1d: SequenceOperation {
    static let name = "convTranspose1d"
    static let attributeNames = ConvTranspose2d.attributeNames
    let image: ConvTranspose2d
}
