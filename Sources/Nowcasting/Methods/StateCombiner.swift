/// A nowcaster whose prediction of a tensor is a sum of its states, whatever their number and distances. Products of
/// the states are then all that a backtest needs.
public protocol StateCombiner: Nowcaster {
    /// Weights c_t of the states in the prediction Σ c_t w_t; they add up to 1.
    ///
    /// - Parameters:
    ///   - times: of the states, rising, at least five.
    ///   - products: of the tensor's changes from state 0, [T, T] row by row: entry (i, j) is that of states i + 1 and
    ///     j + 1.
    ///   - time: to predict.
    func coefficients(times: [Double], products: [Double], at time: Double) -> [Double]
}
