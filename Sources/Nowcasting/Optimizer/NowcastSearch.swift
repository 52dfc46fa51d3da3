import Tensors

/// Looks for the best weights that five states have to offer, and for the farthest that training may go on from.
///
/// What does not look ahead is always tried: the weights as they are, the newest state, the means of the newest two,
/// three and five, and the nowcast one state ahead, which is about where a mean's training stands by now. Looking
/// further is for runs that have passed a trial (`NowcastTrial`), and for those whose signal-to-noise ratio is low:
/// elsewhere extrapolating weights costs progress. Measured in docs/notes/2026-11-26-search.md.
struct NowcastSearch {
    /// Of the history.
    let forecasts: Forecasts
    /// States that a nowcast may look ahead.
    let longest: Int

    /// Share of the run so far whose progress, at its present pace, noise must cost for its signal-to-noise ratio to
    /// count as low.
    static let shareNoiseCosts = 0.5
    /// Share of the loss that Adam's noise adds which a jump may give back: noise in it is gone soon, its progress
    /// stays.
    static let slack = 0.5
    /// States of training whose progress a jump may give back; when training slows, noise costs far more than that.
    static let statesGivenBack = 4.0

    /// States that means are taken of.
    static let meanLengths = [2, 3, 5]

    /// What was found.
    struct Outcome {
        /// The least loss.
        let best: NowcastCandidate
        /// The farthest nowcast whose loss is at most a little above that; nil where there is none.
        let farthest: NowcastCandidate?
        /// The nowcast one state ahead, shape [parameters].
        let near: Tensor
    }

    /// - Parameters:
    ///   - weights: those that training stands at, shape [parameters].
    ///   - passedTrial: whether nowcasts of this run come true.
    ///   - age: of the run, in states of the present length.
    ///   - losses: of weights of shape [parameters] on batches that are the same at every call.
    /// - Returns: nil if no candidate is finite.
    /// - Throws: what `losses` throws.
    func run(_ history: StateHistory, weights: Tensor, passedTrial: Bool, age: Int, losses: (Tensor) throws -> [Double])
        throws -> Outcome?
    {
        let near = forecasts[1]
        let asTheyAre = try NowcastCandidate(weights, horizon: 0, losses: losses)
        let latest = try NowcastCandidate(history.states.last!, horizon: 0, losses: losses)
        let means = try Self.meanLengths.map {
            try NowcastCandidate(Self.mean(history.states.suffix($0)), horizon: 0, losses: losses)
        }
        let ahead = try NowcastCandidate(near, horizon: 1, losses: losses)
        let steady = ([asTheyAre, latest, ahead] + means).compactMap { $0 }.min { $0.loss < $1.loss }
        guard let steady else { return nil }
        let still = Outcome(best: steady, farthest: nil, near: near)
        guard longest > 1 else { return still }
        let (noisy, progress) = (asTheyAre?.loss ?? steady.loss, try progress(history, to: latest, losses))
        guard passedTrial || Self.isHeldUp(byNoise: noisy - steady.loss, progress: progress, age: age) else {
            return still
        }
        let (best, farthest) = try lookAhead(steady: steady, noisy: noisy, progress: progress, losses: losses)
        return Outcome(best: best, farthest: farthest, near: near)
    }

    /// Where the loss no longer falls there is no pace to tell by.
    private static func isHeldUp(byNoise noise: Double, progress: Double, age: Int) -> Bool {
        progress > 0 && noise >= shareNoiseCosts * Double(age) * progress
    }

    /// Goes ahead for as long as the loss allows.
    private func lookAhead(
        steady: NowcastCandidate, noisy: Double, progress: Double, losses: (Tensor) throws -> [Double]
    ) throws -> (best: NowcastCandidate, farthest: NowcastCandidate?) {
        var (best, farthest) = (steady, NowcastCandidate?.none)
        for horizon in Forecasts.horizons(longest).dropFirst() {
            guard let next = try NowcastCandidate(forecasts[horizon], horizon: horizon, losses: losses) else { break }
            if next.loss < best.loss { best = next }
            let allowance = min(Self.slack * (noisy - best.loss), Self.statesGivenBack * progress)
            guard next.loss <= best.loss + max(0, allowance) else { break }
            farthest = next
        }
        return (best, farthest)
    }

    /// What a state of training has lately taken off the loss: the mean of three.
    private func progress(_ history: StateHistory, to latest: NowcastCandidate?, _ losses: (Tensor) throws -> [Double])
        throws -> Double
    {
        let span = 3
        let start = try NowcastCandidate(
            history.states[StateHistory.contextLength - 1 - span], horizon: 0, losses: losses)
        guard let start, let latest else { return 0 }
        return (start.loss - latest.loss) / Double(span)
    }

    /// - Parameter states: shape [parameters] each, at least one.
    static func mean(_ states: some BidirectionalCollection<Tensor>) -> Tensor {
        let sum = states.dropFirst().reduce(states.first!.array) { sum, state in zip(sum, state.values).map(+) }
        return Tensor(shape: [sum.count], values: sum.map { $0 / Float(states.count) })
    }
}
