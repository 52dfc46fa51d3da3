import Tensors

/// An optimizer that a nowcasting one wraps, such as Adam.
public protocol BaseOptimizer {
    /// Changes `weights` in place; both have shape [parameters].
    mutating func step(_ weights: Tensor, gradients: Tensor)

    /// All that the next step depends on, settings apart.
    var savedState: SavedOptimizerState { get }
    mutating func restore(_ state: SavedOptimizerState) throws
}
