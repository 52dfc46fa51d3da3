import NeuralGraphs

/// A nowcaster whose prediction of a tensor is a sum of its states, whatever their number and distances. Products of
/// the states are then all that a backtest needs.
public protocol StateCombiner: Nowcaster {
    /// States that a prediction needs.
    var fewestStates: Int { get }

    /// Weights c_t of the states in the prediction Σ c_t w_t; they add up to 1.
    ///
    /// - Parameters:
    ///   - times: of the states, rising, at least `fewestStates`.
    ///   - products: of the tensor's changes from state 0, [T, T] row by row: entry (i, j) is that of states i + 1 and
    ///     j + 1.
    ///   - time: to predict.
    func coefficients(times: [Double], products: [Double], at time: Double) -> [Double]

    /// False where states at these times say nothing about the one to predict, which is then the newest.
    func canForecast(from times: [Double], at time: Double) -> Bool
}

extension StateCombiner {
    public var fewestStates: Int { StateHistory.contextLength }

    public func canForecast(from times: [Double], at time: Double) -> Bool { true }

    /// From five states, one apart; nil: any horizon, where five ahead can be forecast.
    public var longestHorizon: Int? {
        let times = Self.fiveTimes
        let reach = (1...times.count).prefix { canForecast(from: times, at: times[times.count - 1] + Double($0)) }
        return reach.count == times.count ? nil : reach.count
    }

    private static var fiveTimes: [Double] { (0..<StateHistory.contextLength).map(Double.init) }

    /// From five states, one apart.
    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        return try combine(source, times: Self.fiveTimes, horizons: horizons, into: sinks, options)
    }

    /// - Parameters:
    ///   - times: of the source's states.
    ///   - horizons: after the last of them.
    func combine(
        _ source: some StateSource, times: [Double], horizons: [Int], into sinks: [any NowcastSink],
        _ options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        let products = try ChangeProducts(source, states: times.count, options)
        // [parameters][horizons][states].
        let coefficients = products.matrices.map { matrix in
            horizons.map { self.coefficients(times: times, products: matrix, at: times[times.count - 1] + Double($0)) }
        }
        return try StateCombination { coefficients[$0] }.run(source, into: sinks, options)
    }
}
