/// Gets the forecasts of a backtest themselves, to keep or to judge them.
public protocol ForecastReceiver: AnyObject {
    /// Where a forecast goes.
    func sink(for forecast: ForecastName) throws -> any NowcastSink
    /// The sink has everything of it.
    ///
    /// - Returns: the loss of a model with these weights; nil if nobody tells.
    func finished(_ forecast: ForecastName) throws -> Double?
    /// The loss of a model with the weights of a state; nil if nobody tells.
    func loss(ofState state: Int) throws -> Double?
}
