/// The least-squares line through five states, read `horizon` states after the last: the simplest nowcast.
///
/// With the states at t = 0 … 4 the line's value at 4 + k is Σ c_t w_t, c_t = 1/5 + (t − 2)(k + 2)/10: the mean at t = 2 plus
/// the slope Σ (t − 2) w_t / 10 over k + 2 steps.
public enum LineFit {
    public static func coefficients(horizon: Int) -> [Double] {
        (0..<StateHistory.contextLength).map { 0.2 + Double(($0 - 2) * (horizon + 2)) / 10 }
    }

    /// - Parameter horizon: k ≥ 1, in states.
    /// - Returns: shape [parameters]; every scalar by itself, in double precision.
    /// - Throws: `horizon`.
    public static func nowcast(_ history: StateHistory, horizon: Int) throws(NowcastError) -> [Float] {
        guard horizon >= 1 else { throw .horizon(expectedAtMost: nil, found: horizon) }
        let c = coefficients(horizon: horizon)
        let states = history.states.map(\.values)
        return (0..<history.count).map { index in
            var sum = 0.0
            for t in states.indices { sum += c[t] * Double(states[t][index]) }
            return Float(sum)
        }
    }
}
