import CKernels
import Tensors

/// Stochastic gradient descent with momentum, equal to `torch.optim.SGD` without dampening and Nesterov's variant.
public struct StochasticGradientDescent: TrainableOptimizer, Equatable {
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

    public mutating func update(_ weights: Tensor, gradient: Tensor) {
        precondition(
            weights.count == buffer.count && gradient.count == buffer.count,
            "SGD for \(buffer.count) weights was given \(weights.count) weights and \(gradient.count) gradients")
        updates += 1
        nino_sgd_step(
            weights.address, &buffer, gradient.address, Int64(weights.count), Float(learningRate), Float(momentum), Float(weightDecay))
    }

    /// The velocity under PyTorch's name, `momentum_buffer`.
    public var state: OptimizerState {
        OptimizerState(updates: updates, moments: ["momentum_buffer": buffer])
    }

    public mutating func restore(_ state: OptimizerState) throws(TrainingError) {
        buffer = try state.moment("momentum_buffer", count: buffer.count)
        updates = state.updates
    }
}
