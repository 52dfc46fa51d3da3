/// What a backtest found.
public struct BacktestResult: Sendable, Equatable {
    /// Of the states.
    public let steps: [Int]
    /// Scalars in each state.
    public let parameters: Int
    /// Methods that do not look ahead.
    public let averages: [String]
    /// Squared, of every state to every other: [states][states].
    public let distances: [[Double]]
    /// Of a model with the weights of each state; empty where nobody tells.
    public var losses: [Double?]
    public var forecasts: [Forecast]

    /// All forecasts of one method at one horizon.
    public struct Score: Sendable, Equatable {
        public let method: String
        /// In states.
        public let horizon: Int
        public let forecasts: Int
        /// Over all scalars of all forecasts; 1 is what leaving the newest state as it is comes to. Nil if nothing
        /// moved.
        public let relativeError: Double?
        /// Of predicted and true changes.
        public let cosine: Double?
        /// States of training that come as near to the target as the forecast, between them by the line.
        public let worth: Double?
        /// Mean of the forecasts' losses; nil where one is not known.
        public let loss: Double?
        /// Mean over the forecasts: loss of the newest state less that of the forecast.
        public let gain: Double?
    }

    public var movement: StateMovement? {
        StateMovement(distances: distances, times: steps.map(Double.init))
    }

    /// By method, in the order of the forecasts, and rising horizon.
    public var scores: [Score] {
        var groups: [(key: ForecastName, members: [Forecast])] = []
        for forecast in forecasts {
            let key = ForecastName(method: forecast.name.method, newest: 0, target: forecast.name.horizon)
            if let index = groups.firstIndex(where: { $0.key == key }) {
                groups[index].members.append(forecast)
            } else {
                groups.append((key, [forecast]))
            }
        }
        return groups.map { score($0.key, $0.members) }
    }

    private func score(_ key: ForecastName, _ members: [Forecast]) -> Score {
        let measure = members.reduce(ForecastMeasure()) { $0 + $1.measure }
        let losses = members.compactMap(\.loss)
        let gains = members.compactMap(gain)
        func mean(_ values: [Double]) -> Double? {
            values.count == members.count ? values.reduce(0, +) / Double(values.count) : nil
        }
        return Score(
            method: key.method, horizon: key.target, forecasts: members.count, relativeError: measure.relativeError,
            cosine: measure.cosine, worth: measure.relativeError.flatMap { worth($0, members) }, loss: mean(losses),
            gain: mean(gains))
    }

    /// Loss of the newest state less that of the forecast.
    func gain(_ forecast: Forecast) -> Double? {
        guard let loss = forecast.loss, losses.indices.contains(forecast.name.newest),
            let before = losses[forecast.name.newest]
        else { return nil }
        return before - loss
    }

    /// States of training after which the rest of the way is as far as the error of a forecast.
    ///
    /// - Parameter members: of one horizon.
    private func worth(_ relativeError: Double, _ members: [Forecast]) -> Double? {
        let horizon = members[0].name.horizon
        // Share of the way that is left after each state.
        let left = (0...horizon).map { states in
            members.reduce(0) { $0 + distances[$1.name.newest + states][$1.name.target] }
        }
        guard left[0] > 0 else { return nil }
        let shares = left.map { ($0 / left[0]).squareRoot() }
        guard let reached = shares.lastIndex(where: { $0 >= relativeError }) else { return 0 }
        guard reached < horizon else { return Double(horizon) }
        let (before, after) = (shares[reached], shares[reached + 1])
        return Double(reached) + (before - relativeError) / max(before - after, .leastNonzeroMagnitude)
    }
}
