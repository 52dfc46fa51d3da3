import CKernels

/// An element-wise function of one input.
protocol ActivationOperation: RegisteredOperation {
    /// y := f(x)
    func apply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int64)
    /// dx := dx · accumulate + f'(x) · dy
    func applyPullback(
        x: UnsafePointer<Float>, y: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>, count: Int64, accumulate: Int32)
}

extension ActivationOperation {
    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .elementwise(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats.address
        elementwise(output.count) { apply(x + $0, output.address + $0, $1) }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let x = inputs[0].floats.address
        elementwise(output.count) {
            applyPullback(
                x: x + $0, y: output.address + $0, dy: gradient.address + $0, dx: target.address + $0,
                count: $1, accumulate: target.accumulate)
        }
    }
}

/// max(x, 0); slope 0 at 0.
///
/// Input: x, any shape. Output: as x. No attributes.
struct ReLU: ActivationOperation {
    static let name = "relu"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func apply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int64) {
        nino_relu(x, y, count)
    }

    func applyPullback(
        x: UnsafePointer<Float>, y: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>, count: Int64, accumulate: Int32
    ) {
        nino_relu_pullback(y, dy, dx, count, accumulate)
    }
}

/// Gaussian error linear unit (Hendrycks and Gimpel 2016).
///
/// Input: x, any shape. Output: as x. Attribute `approximation` (text): "erf" (default, exact) or "tanh" (GPT-2's).
struct GELU: ActivationOperation {
    static let name = "gelu"
    static let attributeNames = ["approximation"]

    private let isTanh: Bool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        isTanh = try attributes.text("approximation", default: "erf", allowed: ["erf", "tanh"]) == "tanh"
    }

    func apply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int64) {
        isTanh ? nino_gelu_tanh(x, y, count) : nino_gelu_erf(x, y, count)
    }

    func applyPullback(
        x: UnsafePointer<Float>, y: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>, count: Int64, accumulate: Int32
    ) {
        isTanh
            ? nino_gelu_tanh_pullback(x, dy, dx, count, accumulate)
            : nino_gelu_erf_pullback(x, dy, dx, count, accumulate)
    }
}

/// x / (1 + e^-x).
///
/// Input: x, any shape. Output: as x. No attributes.
struct SiLU: ActivationOperation {
    static let name = "silu"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func apply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int64) {
        nino_silu(x, y, count)
    }

    func applyPullback(
        x: UnsafePointer<Float>, y: UnsafePointer<Float>, dy: UnsafePointer<Float>,
        dx: UnsafeMutablePointer<Float>, count: Int64, accumulate: Int32
    ) {
        nino_silu_pullback(x, dy, dx, count, accumulate)
    }
}
