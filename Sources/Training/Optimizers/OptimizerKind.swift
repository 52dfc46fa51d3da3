import NeuralGraphs
import Nowcasting

/// The base optimizers by the names of `--optimizer`.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
    case adamW = "adamw"
    case stochasticGradientDescent = "sgd"
    case muon
    case scheduleFree = "schedulefree"

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
        case .muon: "Muon"
        case .scheduleFree: "Schedule-Free AdamW"
        }
    }

    /// A fresh optimizer.
    ///
    /// - Parameters:
    ///   - tables: names of matrices whose rows are looked up.
    ///   - warmup: updates of the warm-up that the optimizer does itself; `Schedule-Free` alone has one.
    func make(
        _ parameters: ParameterList, tables: Set<String>, learningRate: Double, weightDecay: Double, warmup: Int
    ) -> any TrainingOptimizer {
        let count = parameters.count
        return switch self {
        case .adamW: AdamW(count: count, learningRate: learningRate, weightDecay: weightDecay)
        case .stochasticGradientDescent:
            StochasticGradientDescent(count: count, learningRate: learningRate, weightDecay: weightDecay)
        case .muon: Muon(parameters, tables: tables, learningRate: learningRate, weightDecay: weightDecay)
        case .scheduleFree:
            ScheduleFreeAdamW(count: count, learningRate: learningRate, weightDecay: weightDecay, warmup: warmup)
        }
    }
}
