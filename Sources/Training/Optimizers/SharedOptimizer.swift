import Nowcasting
import Tensors

/// Any training optimizer, by reference: a nowcasting one takes its steps, and the loop asks it what to evaluate.
final class SharedOptimizer: BaseOptimizer {
    private var base: any TrainingOptimizer

    init(_ base: any TrainingOptimizer) {
        self.base = base
    }

    var savedState: SavedOptimizerState { base.savedState }

    func step(_ weights: Tensor, gradients: Tensor) {
        base.step(weights, gradients: gradients)
    }

    func restore(_ state: SavedOptimizerState) throws {
        try base.restore(state)
    }

    func evaluationWeights(_ weights: Tensor) -> Tensor? { base.evaluationWeights(weights) }
}
