import Tensors

/// The least-squares line through five states, read `horizon` states after the last: the simplest nowcast.
///
/// With the states at t = 0 … 4 the line's value at 4 + k is Σ c_t w_t, c_t = 1/5 + (t − 2)(k + 2)/10: the mean at t =
/// 2 plus
/// the slope Σ (t − 2) w_t / 10 over k + 2 steps.
public enum LineFit {
    public static func coefficients(horizon: Int) -> [Double] {
        (0..<StateHistory.contextLength).map { 0.2 + Double(($0 - 2) * (horizon + 2)) / 10 }
    }

    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: `horizon`.
    public static func nowcast(_ history: StateHistory, horizon: Int) throws(NowcastError) -> [Float] {
        let output = Tensor(shape: [history.count])
        _ = try nowcast(history, horizon: horizon, into: FlatSink(parameters: history.parameters, output: output))
        return output.array
    }

    /// - Parameter horizon: k ≥ 1, in states.
    /// - Throws: `horizon`.
    static func nowcast(_ source: some StateSource, horizon: Int, into sink: some NowcastSink) throws(NowcastError)
        -> ChangeMeasure
    {
        guard horizon >= 1 else { throw .horizon(expectedAtMost: nil, found: horizon) }
        return StateCombination(coefficients(horizon: horizon)).run(source, into: sink)
    }
}
