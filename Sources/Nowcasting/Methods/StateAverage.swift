/// The mean of the last states, five unless another number is asked for, whatever the horizon: what a nowcast has to be
/// better than, as much of its gain may be that it smooths. Source: latest weight averaging (Kaddour 2022, arXiv
/// 2209.14981), with the average put back.
public struct StateAverage: Nowcaster {
    public let name: String
    public let looksAhead = false
    /// States that it is the mean of.
    public let states: Int

    /// - Parameter states: 1, which is the newest state itself, to 5.
    public init(states: Int = StateHistory.contextLength) {
        precondition((1...StateHistory.contextLength).contains(states), "a mean of \(states) states")
        self.states = states
        switch states {
        case 1: name = "newest"
        case StateHistory.contextLength: name = "average"
        default: name = "average\(states)"
        }
    }

    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        let mean = coefficients(of: StateHistory.contextLength)
        return try StateCombination { _ in horizons.map { _ in mean } }.run(source, into: sinks, options)
    }
}

extension StateAverage: StateCombiner {
    public func coefficients(times: [Double], products: [Double], at time: Double) -> [Double] {
        coefficients(of: times.count)
    }

    private func coefficients(of count: Int) -> [Double] {
        (0..<count).map { $0 < count - states ? 0 : 1 / Double(states) }
    }
}

extension Nowcaster where Self == StateAverage {
    public static var average: StateAverage { StateAverage() }
}
