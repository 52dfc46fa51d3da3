/// The least-squares line through five states, read `horizon` states after the last: the simplest nowcast.
///
/// With the states at t = 0 … 4 the line's value at 4 + k is Σ c_t w_t, c_t = 1/5 + (t − 2)(k + 2)/10: the mean at
/// t = 2 plus the slope Σ (t − 2) w_t / 10 over k + 2 steps.
public struct LineFit: Nowcaster {
    public let name = "linefit"

    public init() {}

    public static func coefficients(horizon: Int) -> [Double] {
        (0..<StateHistory.contextLength).map { 0.2 + Double(($0 - 2) * (horizon + 2)) / 10 }
    }

    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        let coefficients = horizons.map(Self.coefficients)
        return try StateCombination { _ in coefficients }.run(source, into: sinks, options)
    }
}

extension LineFit: StateCombiner {
    /// The line through the last five states.
    public func coefficients(times: [Double], products: [Double], at time: Double) -> [Double] {
        let last = Array(times.suffix(StateHistory.contextLength))
        return [Double](repeating: 0, count: times.count - last.count) + Self.coefficients(times: last, at: time)
    }

    /// Weights of values at some times in the value, at another one, of the least-squares line through them.
    static func coefficients(times: [Double], at time: Double) -> [Double] {
        let mean = times.reduce(0, +) / Double(times.count)
        let square = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return times.map { 1 / Double(times.count) + ($0 - mean) * (time - mean) / square }
    }
}

extension Nowcaster where Self == LineFit {
    public static var lineFit: LineFit { LineFit() }
}
