import Tensors

/// The best weights that a run has, which need not be those that its training goes on with.
public struct EvaluationWeights {
    /// Shape [parameters].
    public let weights: Tensor
    /// States ahead; 0 for what does not look ahead.
    public let horizon: Int
}

extension EvaluationWeights {
    init(_ candidate: NowcastCandidate) {
        self.init(weights: candidate.weights, horizon: candidate.horizon)
    }
}
