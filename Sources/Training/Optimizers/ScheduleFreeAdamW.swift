import Foundation
import Nowcasting
import Tensors

/// AdamW without a schedule (Defazio et al. 2024, arXiv 2405.15682), equal to `schedulefree.AdamWScheduleFree`.
///
/// Trained weights are y, between the sequence z of the optimizer's steps and their average x; what is evaluated is x.
public struct ScheduleFreeAdamW: TrainingOptimizer {
    public var learningRate: Double
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double
    /// Updates over which the learning rate rises.
    public let warmup: Int

    public private(set) var updates = 0
    private var z: [Float]
    private var variance: [Float]
    private var weightSum = 0.0
    private var largestRate = 0.0

    /// - Parameter count: number of weights.
    public init(
        count: Int, learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0, warmup: Int = 0
    ) {
        (self.learningRate, self.beta1, self.beta2, self.epsilon) = (learningRate, beta1, beta2, epsilon)
        (self.weightDecay, self.warmup) = (weightDecay, warmup)
        z = []
        variance = [Float](repeating: 0, count: count)
    }

    public mutating func step(_ weights: Tensor, gradients: Tensor) {
        precondition(weights.count == variance.count && gradients.count == variance.count, "ScheduleFreeAdamW: sizes")
        if z.isEmpty { z = weights.array }
        let rate = learningRate * (updates < warmup ? Double(updates + 1) / Double(warmup) : 1)
        updates += 1
        largestRate = max(rate, largestRate)
        let weight = largestRate * largestRate
        weightSum += weight
        let share = weightSum == 0 ? 0 : weight / weightSum
        let correction = Float(1 - pow(beta2, Double(updates)))
        let (b2, eps, decay) = (Float(beta2), Float(epsilon), Float(weightDecay))
        let (c, step, move) = (Float(share), Float(rate), Float(rate * (beta1 * (1 - share) - 1)))
        let (y, g) = (weights.values, gradients.values)
        for i in y.indices {
            variance[i] = b2 * variance[i] + (1 - b2) * g[i] * g[i]
            let direction = g[i] / ((variance[i] / correction).squareRoot() + eps) + decay * y[i]
            y[i] += c * (z[i] - y[i]) + move * direction
            z[i] -= step * direction
        }
    }

    /// x = y + (1 - 1 / beta1) (z - y).
    public func evaluationWeights(_ weights: Tensor) -> Tensor? {
        guard !z.isEmpty else { return nil }
        let factor = Float(1 - 1 / beta1)
        return Tensor(shape: weights.shape, values: zip(weights.values, z).map { $0 + factor * ($1 - $0) })
    }

    public var savedState: SavedOptimizerState {
        var tensors = [
            "exp_avg_sq": Tensor(shape: [variance.count], values: variance),
            "sums": Tensor(shape: [4], values: Self.split(weightSum) + Self.split(largestRate)),
        ]
        if updates > 0 { tensors["z"] = Tensor(shape: [z.count], values: z) }
        return SavedOptimizerState(tensors: tensors, counters: ["step": updates])
    }

    public mutating func restore(_ state: SavedOptimizerState) throws {
        let variance = try state.tensor("exp_avg_sq", count: variance.count).array
        let steps = try state.counter("step")
        let z = steps == 0 ? [] : try state.tensor("z", count: variance.count).array
        let sums = try state.tensor("sums", count: 4).array
        (self.variance, self.z, updates) = (variance, z, steps)
        weightSum = Double(sums[0]) + Double(sums[1])
        largestRate = Double(sums[2]) + Double(sums[3])
    }

    /// The bits of a double as those of two floats: a resumed run goes on to the same bits.
    private static func split(_ value: Double) -> [Float] {
        [Float(value), Float(value - Double(Float(value)))]
    }
}
