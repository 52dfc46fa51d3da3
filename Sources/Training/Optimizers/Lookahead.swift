import Nowcasting
import Tensors

/// Lookahead (Zhang et al. 2019, arXiv 1907.08610): every `interval` updates of any optimizer, slow weights go a share
/// of the way to the fast ones, and the fast ones go on from there.
public struct Lookahead: TrainingOptimizer {
    private var base: any TrainingOptimizer
    public let interval: Int
    public let share: Double
    private let count: Int
    private var slow: [Float] = []
    private var updates = 0

    /// - Parameter count: number of weights.
    public init(_ base: any TrainingOptimizer, count: Int, interval: Int = 5, share: Double = 0.5) {
        (self.base, self.count, self.interval, self.share) = (base, count, interval, share)
    }

    public var learningRate: Double {
        get { base.learningRate }
        set { base.learningRate = newValue }
    }

    public mutating func step(_ weights: Tensor, gradients: Tensor) {
        precondition(weights.count == count, "Lookahead for \(count) weights was given \(weights.count)")
        if slow.isEmpty { slow = weights.array }
        base.step(weights, gradients: gradients)
        updates += 1
        guard updates % interval == 0 else { return }
        let alpha = Float(share)
        for i in slow.indices {
            slow[i] += alpha * (weights.values[i] - slow[i])
            weights.values[i] = slow[i]
        }
    }

    public var savedState: SavedOptimizerState {
        OuterState.saved(base.savedState, vectors: ["slow": slow], updates: updates)
    }

    public mutating func restore(_ state: SavedOptimizerState) throws {
        let saved = try OuterState.vector("slow", state, count: count)
        let steps = try state.counter(OuterState.counter)
        try base.restore(state)
        (slow, updates) = (saved, steps)
    }
}
