import Glibc

/// A function of each element.
///
/// Input: x, any shape. Output: as x. Attribute `function` (text): see `UnaryFunction`.
struct Unary: RegisteredOperation {
    static let name = "unary"
    static let attributeNames = ["function"]

    private let function: UnaryFunction

    init(_ attributes: OperationAttributes) throws(TensorError) {
        function = try attributes.choice("function")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .elementwise(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (x, y) = (inputs[0].floats.address, output.address)
        elementwise(output.count) { offset, length in
            for i in offset..<(offset + Int(length)) { y[i] = function.value(x[i]) }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let (x, y, dy) = (inputs[0].floats.address, output.address, gradient.address)
        elementwise(output.count) { offset, length in
            for i in offset..<(offset + Int(length)) { target.add(function.slope(x[i], y[i]) * dy[i], at: i) }
        }
    }
}

/// The functions of one number that `unary` knows.
enum UnaryFunction: String, CaseIterable {
    case exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, sin, cos, erf, sigmoid, softplus
    // Piecewise linear or constant; slope 0 at a kink or step.
    case abs, floor, ceil, round, truncate, sign

    func value(_ x: Float) -> Float {
        switch self {
        case .exp: Glibc.exp(x)
        case .expm1: Glibc.expm1(x)
        case .log: Glibc.log(x)
        case .log1p: Glibc.log1p(x)
        case .sqrt: x.squareRoot()
        case .rsqrt: 1 / x.squareRoot()
        case .reciprocal: 1 / x
        case .sin: Glibc.sin(x)
        case .cos: Glibc.cos(x)
        case .erf: Glibc.erf(x)
        case .sigmoid: 1 / (1 + Glibc.exp(-x))
        case .softplus: x > 20 ? x : Glibc.log1p(Glibc.exp(x))
        case .abs: Swift.abs(x)
        case .floor: x.rounded(.down)
        case .ceil: x.rounded(.up)
        case .round: x.rounded(.toNearestOrEven)
        case .truncate: x.rounded(.towardZero)
        case .sign: x > 0 ? 1 : x < 0 ? -1 : x
        }
    }

    /// The derivative at x, where the value is y.
    func slope(_ x: Float, _ y: Float) -> Float {
        switch self {
        case .exp: y
        case .expm1: y + 1
        case .log: 1 / x
        case .log1p: 1 / (1 + x)
        case .sqrt: 0.5 / y
        case .rsqrt: -0.5 * y / x
        case .reciprocal: -y * y
        case .sin: Glibc.cos(x)
        case .cos: -Glibc.sin(x)
        case .erf: 2 / Float.pi.squareRoot() * Glibc.exp(-x * x)
        case .sigmoid: y * (1 - y)
        case .softplus: 1 / (1 + Glibc.exp(-x))
        case .abs: x > 0 ? 1 : x < 0 ? -1 : 0
        case .floor, .ceil, .round, .truncate, .sign: 0
        }
    }
}
