import CKernels
import Foundation
import Nowcasting
import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), equal to `torch.optim.AdamW`.
///
/// The float operations stand in the order of PyTorch's single-tensor path, over one flat vector. Moments agree with
/// PyTorch's in every bit and weights up to the rounding of its vectorized square root, which is not always correct.
public struct AdamW: TrainingOptimizer, Equatable {
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    /// Applied to every weight, biases and norms included.
    public var weightDecay: Double

    /// Completed updates; nowcast steps are none.
    public private(set) var updates = 0
    private var mean: [Float]
    private var variance: [Float]

    /// - Parameter count: number of weights.
    public init(
        count: Int, learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0.01
    ) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        mean = [Float](repeating: 0, count: count)
        variance = mean
    }

    public mutating func step(_ weights: Tensor, gradients: Tensor) {
        precondition(
            weights.count == mean.count && gradients.count == mean.count,
            "AdamW for \(mean.count) weights was given \(weights.count) weights and \(gradients.count) gradients")
        updates += 1
        let scalars = nino_adamw_scalars_t(
            decay: Float(1 - learningRate * weightDecay),
            mean_weight: Float(1 - beta1),
            variance_decay: Float(beta2),
            variance_weight: Float(1 - beta2),
            variance_correction_root: Float((1 - pow(beta2, Double(updates))).squareRoot()),
            epsilon: Float(epsilon),
            step_size: Float(learningRate / (1 - pow(beta1, Double(updates)))))
        nino_adamw_step(weights.address, &mean, &variance, gradients.address, Int64(weights.count), scalars)
    }

    /// The moments under PyTorch's names, `exp_avg` and `exp_avg_sq`.
    public var savedState: SavedOptimizerState {
        SavedOptimizerState(
            tensors: [
                "exp_avg": Tensor(shape: [mean.count], values: mean),
                "exp_avg_sq": Tensor(shape: [variance.count], values: variance),
            ], counters: ["step": updates])
    }

    /// - Throws: `NowcastError.savedTensorMissing`, `savedTensorShape`, `savedNumber`; then nothing has changed.
    public mutating func restore(_ state: SavedOptimizerState) throws {
        let mean = try state.tensor("exp_avg", count: mean.count).array
        let variance = try state.tensor("exp_avg_sq", count: variance.count).array
        updates = try state.counter("step")
        (self.mean, self.variance) = (mean, variance)
    }
}
