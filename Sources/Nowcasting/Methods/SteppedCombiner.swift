/// A combiner as the nowcaster of any number of states at known steps: what a backtest forecasts with, of all the
/// states that a run has.
public struct SteppedCombiner: Nowcaster {
    public let combiner: any StateCombiner
    /// Of the states, rising.
    public let steps: [Int]

    public var name: String { combiner.name }
    public var looksAhead: Bool { combiner.looksAhead }

    /// - Throws: `setting` for fewer steps than the combiner needs, or steps that do not rise.
    public init(_ combiner: any StateCombiner, steps: [Int]) throws(NowcastError) {
        let text = steps.map(String.init).joined(separator: ",")
        guard steps.count >= combiner.fewestStates else {
            throw .setting(
                name: "steps", expected: "at least \(combiner.fewestStates), for \(combiner.name)", found: text)
        }
        guard zip(steps, steps.dropFirst()).allSatisfy(<) else {
            throw .setting(name: "steps", expected: "rising numbers", found: text)
        }
        (self.combiner, self.steps) = (combiner, steps)
    }

    private var times: [Double] { steps.map(Double.init) }

    /// Whether the states say anything about a forecast that many steps after the last of them.
    public func canForecast(_ horizon: Int) -> Bool {
        combiner.canForecast(from: times, at: times[times.count - 1] + Double(horizon))
    }

    /// - Parameters:
    ///   - source: as many states as there are steps, oldest first.
    ///   - horizons: in steps after the last state.
    /// - Throws: `NowcastError.horizon`, `stopped`; what the source and the sinks throw.
    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        return try combiner.combine(source, times: times, horizons: horizons, into: sinks, options)
    }
}
