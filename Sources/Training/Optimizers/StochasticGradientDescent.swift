import CKernels
import Nowcasting
import Tensors

/// Stochastic gradient descent with momentum, equal to `torch.optim.SGD` without dampening and Nesterov's variant.
public struct StochasticGradientDescent: TrainingOptimizer, Equatable {
    public var learningRate: Double
    public var momentum: Double
    /// Added to the gradient (not decoupled), as PyTorch does.
    public var weightDecay: Double

    /// Completed updates; nowcast steps are none.
    public private(set) var updates = 0
    private var buffer: [Float]

    /// - Parameter count: number of weights.
    public init(count: Int, learningRate: Double, momentum: Double = 0.9, weightDecay: Double = 0) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        buffer = [Float](repeating: 0, count: count)
    }

    public mutating func step(_ weights: Tensor, gradients: Tensor) {
        precondition(
            weights.count == buffer.count && gradients.count == buffer.count,
            "SGD for \(buffer.count) weights was given \(weights.count) weights and \(gradients.count) gradients")
        updates += 1
        nino_sgd_step(
            weights.address, &buffer, gradients.address, Int64(weights.count), Float(learningRate), Float(momentum),
            Float(weightDecay))
    }

    /// The velocity under PyTorch's name, `momentum_buffer`.
    public var savedState: SavedOptimizerState {
        SavedOptimizerState(
            tensors: ["momentum_buffer": Tensor(shape: [buffer.count], values: buffer)], counters: ["step": updates])
    }

    /// - Throws: `NowcastError.savedTensorMissing`, `savedTensorShape`, `savedNumber`; then nothing has changed.
    public mutating func restore(_ state: SavedOptimizerState) throws {
        let buffer = try state.tensor("momentum_buffer", count: buffer.count).array
        updates = try state.counter("step")
        self.buffer = buffer
    }
}
