import Nowcasting
import Tensors

/// A base optimizer as the training loop needs it: its learning rate can be set, and it says which weights to judge.
public protocol TrainingOptimizer: BaseOptimizer {
    var learningRate: Double { get set }

    /// The weights to evaluate where they are not those being trained, shape [parameters]; nil for the latter.
    func evaluationWeights(_ weights: Tensor) -> Tensor?
}

extension TrainingOptimizer {
    public func evaluationWeights(_ weights: Tensor) -> Tensor? { nil }
}
