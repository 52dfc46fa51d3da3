import Tensors

/// Weights and what they are worth.
struct NowcastCandidate {
    /// Shape [parameters].
    let weights: Tensor
    /// States ahead; 0 for what does not look ahead.
    let horizon: Int
    /// Mean over the batches.
    let loss: Double

    /// Nil for weights or a loss that are not finite.
    init?(_ weights: Tensor, horizon: Int, losses: (Tensor) throws -> [Double]) throws {
        guard weights.values.allSatisfy(\.isFinite) else { return nil }
        let all = try losses(weights)
        (self.weights, self.horizon, loss) = (weights, horizon, all.reduce(0, +) / Double(all.count))
        guard loss.isFinite else { return nil }
    }
}
