import Nowcasting

/// The base optimizers by the names of `--optimizer`.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
    case adamW = "adamw"
    case stochasticGradientDescent = "sgd"

    /// - Throws: `unknownOptimizer` with the names that are known.
    public static func named(_ name: String) throws(TrainingError) -> OptimizerKind {
        guard let kind = OptimizerKind(rawValue: name) else {
            throw .unknownOptimizer(name, known: allCases.map(\.rawValue))
        }
        return kind
    }

    /// As people write it.
    public var title: String {
        switch self {
        case .adamW: "AdamW"
        case .stochasticGradientDescent: "SGD"
        }
    }

    /// A fresh optimizer for `count` weights.
    func make(count: Int, learningRate: Double, weightDecay: Double) -> AnyBaseOptimizer {
        switch self {
        case .adamW:
            AnyBaseOptimizer(AdamW(count: count, learningRate: learningRate, weightDecay: weightDecay))
        case .stochasticGradientDescent:
            AnyBaseOptimizer(
                StochasticGradientDescent(count: count, learningRate: learningRate, weightDecay: weightDecay))
        }
    }
}
