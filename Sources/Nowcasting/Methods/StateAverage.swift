/// The mean of the five states, whatever the horizon: what a nowcast has to be better than, as much of its gain may be
/// that it smooths.
/// Source: latest weight averaging (Kaddour 2022, arXiv 2209.14981), with the average put back.
public enum StateAverage {
    public static let coefficients = [Double](
        repeating: 1 / Double(StateHistory.contextLength), count: StateHistory.contextLength)

    static func nowcast(_ source: some StateSource, into sink: some NowcastSink) -> ChangeMeasure {
        StateCombination(coefficients).run(source, into: sink)
    }
}
