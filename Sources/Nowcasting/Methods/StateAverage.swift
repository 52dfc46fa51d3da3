/// The mean of the five states, whatever the horizon: what a nowcast has to be better than, as much of its gain may be
/// that it smooths. Source: latest weight averaging (Kaddour 2022, arXiv 2209.14981), with the average put back.
public struct StateAverage: Nowcaster {
    public let name = "average"
    public let looksAhead = false

    public init() {}

    public static let coefficients = [Double](
        repeating: 1 / Double(StateHistory.contextLength), count: StateHistory.contextLength)

    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        let coefficients = horizons.map { _ in Self.coefficients }
        return try StateCombination { _ in coefficients }.run(source, into: sinks, options)
    }
}

extension Nowcaster where Self == StateAverage {
    public static var average: StateAverage { StateAverage() }
}
