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

    /// As the host reads it.
    func rule(_ memory: BorrowedMemory) -> nino_initialization_t {
        let (kind, values): (nino_initialization_kind_t, [Double]) =
            switch self {
            case .constant(let value): (NINO_INIT_CONSTANT, [value])
            case .uniform(let low, let high): (NINO_INIT_UNIFORM, [low, high])
            case .normal(let mean, let spread): (NINO_INIT_NORMAL, [mean, spread])
            case .truncatedNormal(let mean, let spread): (NINO_INIT_TRUNCATED_NORMAL, [mean, spread])
            }
        return nino_initialization_t(kind: kind, values: memory.array(values), count: Int64(values.count))
    }
}
