import Foundation

/// What a run's owner should do, by a backtest of its states.
public struct BacktestAdvice: Sendable, Equatable {
    public enum Action: String, Codable, Sendable {
        /// Go on from a forecast.
        case ahead
        /// Use a mean of the last states, and look no further.
        case average
        case leave
    }

    public let action: Action
    /// Of the forecast or of the mean.
    public let method: String?
    /// States that the forecast looks ahead.
    public let horizon: Int?
    /// The same for people.
    public let sentence: String
}

extension BacktestResult {
    /// What is nearer by less than this share does not count.
    private static let margin = 0.03
    /// What takes a smaller share off the loss of the newest state does not count: a forecast that changes nothing has
    /// that loss but for rounding.
    private static let leastGain = 0.001

    /// Looks ahead where forecasts beat both the newest state and every mean of states, by loss if losses are known and
    /// else by distance from what came; averages where means beat the newest state.
    public var advice: BacktestAdvice {
        guard movement != nil else {
            return BacktestAdvice(
                action: .leave, method: nil, horizon: nil, sentence: "Leave it: the states are equal.")
        }
        let scores = scores
        let (means, ahead) = (
            scores.filter { averages.contains($0.method) }, scores.filter { !averages.contains($0.method) }
        )
        let isJudged = !scores.isEmpty && scores.allSatisfy { $0.gain != nil }
        return isJudged ? adviceByLoss(means, ahead) : adviceByDistance(means, ahead)
    }

    private func adviceByDistance(_ means: [Score], _ ahead: [Score]) -> BacktestAdvice {
        let best = ahead.filter { score in
            let others = means.filter { $0.horizon == score.horizon }.compactMap(\.relativeError)
            return score.relativeError ?? 1 < (1 - Self.margin) * min(1, others.min() ?? 1)
        }.max { ($0.worth ?? 0, -$0.horizon) < ($1.worth ?? 0, -$1.horizon) }
        if let best, let error = best.relativeError {
            let sentence = String(
                format: "Look %@ ahead by %@: its forecasts are %.0f %% nearer to what came than the newest state, as "
                    + "near as %.1f states of training come.",
                Self.states(best.horizon), best.method, 100 * (1 - error), best.worth ?? 0)
            return BacktestAdvice(action: .ahead, method: best.method, horizon: best.horizon, sentence: sentence)
        }
        let mean = Self.nearest(means).min { $0.relativeError ?? 1 < $1.relativeError ?? 1 }
        if let mean, let error = mean.relativeError, error < 1 - Self.margin {
            let sentence = String(
                format: "Average: %@ is %.0f %% nearer to what came than the newest state, and no forecast is nearer "
                    + "still.", meaning(mean), 100 * (1 - error))
            return BacktestAdvice(action: .average, method: mean.method, horizon: nil, sentence: sentence)
        }
        return BacktestAdvice(
            action: .leave, method: nil, horizon: nil,
            sentence: "Leave it: neither means nor forecasts come nearer to what followed than the newest state; "
                + "whether their loss is lower, only losses tell.")
    }

    private func adviceByLoss(_ means: [Score], _ ahead: [Score]) -> BacktestAdvice {
        let steady = (Self.nearest(means) + ahead.filter(isPresent)).max { $0.gain! < $1.gain! }
        let best = ahead.filter {
            !isPresent($0) && isBetter($0, than: nil) && isBetter($0, than: steady)
        }.max { $0.gain! < $1.gain! }
        if let best {
            let level = steady.map { max(0, gain(of: $0, over: best)) } ?? 0
            let sentence = String(
                format: "Look %@ ahead by %@: it takes %.4f off the loss of the newest state; what does not look ahead "
                    + "takes %.4f.", Self.states(best.horizon), best.method, best.gain!, level)
            return BacktestAdvice(action: .ahead, method: best.method, horizon: best.horizon, sentence: sentence)
        }
        if let steady, isBetter(steady, than: nil) {
            let sentence = String(
                format: "Average: %@ takes %.4f off the loss of the newest state, and no forecast further ahead takes "
                    + "more.", meaning(steady), steady.gain!)
            return BacktestAdvice(
                action: .average, method: steady.method, horizon: isPresent(steady) ? 1 : nil, sentence: sentence)
        }
        return BacktestAdvice(
            action: .leave, method: nil, horizon: nil,
            sentence: "Leave it: neither means nor forecasts have a lower loss than the newest state.")
    }

    /// A mean lies half a state back, so a forecast from means one state ahead is about where training stands by now
    /// without its noise (as in `NowcastSearch`).
    private func isPresent(_ score: Score) -> Bool {
        score.horizon == 1 && score.method.hasSuffix(Backtest.ofMeans) && !averages.contains(score.method)
    }

    /// Those of the shortest horizon, which start from the most states: a mean is the same at any.
    private static func nearest(_ means: [Score]) -> [Score] {
        let shortest = means.map(\.horizon).min()
        return means.filter { $0.horizon == shortest }
    }

    /// Whether one method's gain is larger, over the states that both start from, by more than the standard error of
    /// the difference and by what counts at all.
    private func isBetter(_ score: Score, than other: Score?) -> Bool {
        let own = gains(score)
        let others = other.map(gains)
        let differences = own.compactMap { newest, gain in
            others.map { known in known[newest].map { gain - $0 } } ?? gain
        }
        let (count, mean) = (Double(differences.count), differences.reduce(0, +) / Double(differences.count))
        let newestLoss = abs((score.loss ?? 0) + (score.gain ?? 0))
        guard mean > Self.leastGain * newestLoss else { return false }
        guard count >= 2 else { return true }
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        return mean > (variance / count).squareRoot()
    }

    /// Mean over the states that the forecasts of another score start from too.
    private func gain(of score: Score, over other: Score) -> Double {
        let known = gains(score)
        let own = gains(other).keys.compactMap { known[$0] }
        return own.reduce(0, +) / Double(own.count)
    }

    /// By the newest state that a forecast is made from.
    private func gains(_ score: Score) -> [Int: Double] {
        forecasts.filter { $0.name.method == score.method && $0.name.horizon == score.horizon }
            .reduce(into: [:]) { $0[$1.name.newest] = gain($1) }
    }

    private static func states(_ count: Int) -> String { count == 1 ? "1 state" : "\(count) states" }

    /// What a mean is of.
    private func meaning(_ score: Score) -> String {
        let isOfMeans = score.method.hasSuffix(Backtest.ofMeans)
        guard averages.contains(score.method) else {
            return "the forecast of \(score.method) one state ahead, about where training stands without its noise,"
        }
        let name = isOfMeans ? String(score.method.dropLast(Backtest.ofMeans.count)) : score.method
        let count = (1...StateHistory.contextLength).first { StateAverage(states: $0).name == name } ?? 1
        guard isOfMeans else { return "the mean of the last \(Self.states(count))" }
        return count == 1
            ? "the mean of the weights since the state before"
            : "the mean of the weights over the last \(Self.states(count))"
    }
}
