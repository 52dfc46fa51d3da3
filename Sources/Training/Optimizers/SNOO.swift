import Nowcasting
import Tensors

/// SNOO (Kallusky et al. 2025, arXiv 2510.15830): every `interval` updates of any optimizer, the way since the last
/// time is the pseudo-gradient of a step of Nesterov momentum on slow weights, from which the fast ones go on.
public struct SNOO: TrainingOptimizer {
    private var base: any TrainingOptimizer
    public let interval: Int
    public let outerRate: Double
    public let momentum: Double
    private let count: Int
    private var slow: [Float] = []
    private var velocity: [Float] = []
    private var updates = 0

    /// - Parameter count: number of weights.
    public init(
        _ base: any TrainingOptimizer, count: Int, interval: Int = 20, outerRate: Double = 0.8, momentum: Double = 0.7
    ) {
        (self.base, self.count, self.interval) = (base, count, interval)
        (self.outerRate, self.momentum) = (outerRate, momentum)
    }

    public var learningRate: Double {
        get { base.learningRate }
        set { base.learningRate = newValue }
    }

    public mutating func step(_ weights: Tensor, gradients: Tensor) {
        precondition(weights.count == count, "SNOO for \(count) weights was given \(weights.count)")
        if slow.isEmpty {
            slow = weights.array
            velocity = [Float](repeating: 0, count: slow.count)
        }
        base.step(weights, gradients: gradients)
        updates += 1
        guard updates % interval == 0 else { return }
        let (mu, rate) = (Float(momentum), Float(outerRate))
        for i in slow.indices {
            let pseudoGradient = slow[i] - weights.values[i]
            velocity[i] = mu * velocity[i] + pseudoGradient
            slow[i] -= rate * (pseudoGradient + mu * velocity[i])
            weights.values[i] = slow[i]
        }
    }

    public var savedState: SavedOptimizerState {
        OuterState.saved(base.savedState, vectors: ["slow": slow, "velocity": velocity], updates: updates)
    }

    public mutating func restore(_ state: SavedOptimizerState) throws {
        let saved = try OuterState.vector("slow", state, count: count)
        let speed = try OuterState.vector("velocity", state, count: count)
        let steps = try state.counter(OuterState.counter)
        try base.restore(state)
        (slow, velocity, updates) = (saved, speed, steps)
    }
}
