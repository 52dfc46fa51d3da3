import Nowcasting
import Tensors

/// The optimizer that the library's caller runs itself: its steps and its state are the caller's.
struct CallersOptimizer: BaseOptimizer {
    mutating func step(_ weights: Tensor, gradients: Tensor) {}

    var savedState: SavedOptimizerState { SavedOptimizerState() }
    mutating func restore(_ state: SavedOptimizerState) {}
}
