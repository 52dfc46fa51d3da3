/// Element-wise functions of the op set.
public enum Activation: Sendable {
    /// x Φ(x), with the error function.
    case gelu
    /// GELU by its tanh approximation.
    case geluTanh
    /// x · sigmoid(1.702 x).
    case quickGelu
    /// max(x, 0)² (So et al. 2021).
    case reluSquared
    /// max(x, 0).
    case relu
    /// x / (1 + e⁻ˣ).
    case silu
    /// Hyperbolic tangent.
    case tanh

    /// Element by element.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        switch self {
        case .gelu: return try x.applying("gelu", ["approximation": .text("erf")])
        case .geluTanh: return try x.applying("gelu", ["approximation": .text("tanh")])
        case .quickGelu: return try x.scaled(by: 1.702).applying("silu").scaled(by: 1 / 1.702)
        case .relu: return try x.applying("relu")
        case .reluSquared:
            let y = try x.applying("relu")
            return try y * y
        case .silu: return try x.applying("silu")
        case .tanh: return try x.applying("tanh")
        }
    }

    /// By their names in transformers; several stand for one formula.
    static let byName: [String: Activation] = [
        "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .geluTanh, "gelu_fast": .geluTanh, "gelu_accurate": .geluTanh,
        "gelu_pytorch_tanh": .geluTanh, "gelu_python_tanh": .geluTanh, "quick_gelu": .quickGelu, "relu": .relu,
        "relu2": .reluSquared, "silu": .silu, "swish": .silu,
        "tanh": .tanh,
    ]
}
