import CNinoPlugin

/// How a tensor of a fresh model is drawn.
public enum Initialization: Sendable {
    /// Every scalar the same: 1 for the weight of a norm, 0 for its bias.
    case constant(Double)
    /// Uniform between the bounds.
    case uniform(Double, Double)
    /// Normal.
    case normal(mean: Double = 0, standardDeviation: Double)
    /// Normal, redrawn beyond two standard deviations.
    case truncatedNormal(mean: Double = 0, standardDeviation: Double)

    /// PyTorch's default for weights and biases of linear and convolution layers: uniform in ±1/√fanIn
    /// (torch.nn.Linear, reset_parameters).
    public static func pytorchDefault(fanIn: Int) -> Initialization {
        let bound = 1 / Double(fanIn).squareRoot()
        return .uniform(-bound, bound)
    }

    /// Uniform in ±√(6 / (fanIn + fanOut)) (Glorot and Bengio 2010; torch.nn.init.xavier_uniform_).
    public static func xavierUniform(fanIn: Int, fanOut: Int) -> Initialization {
        let bound = (6 / Double(fanIn + fanOut)).squareRoot()
        return .uniform(-bound, bound)
    }

    var rule: nino_initialization_t {
        switch self {
        case .constant(let value): nino_initialization_t(kind: NINO_INIT_CONSTANT, a: value, b: 0)
        case .uniform(let low, let high): nino_initialization_t(kind: NINO_INIT_UNIFORM, a: low, b: high)
        case .normal(let mean, let spread): nino_initialization_t(kind: NINO_INIT_NORMAL, a: mean, b: spread)
        case .truncatedNormal(let mean, let spread):
            nino_initialization_t(kind: NINO_INIT_TRUNCATED_NORMAL, a: mean, b: spread)
        }
    }
}
