/// One forecast of a backtest, and how near it came.
public struct Forecast: Sendable, Equatable {
    public let name: ForecastName
    public let measure: ForecastMeasure
    /// Of a model with the forecast weights; nil where nobody tells.
    public var loss: Double?

    public init(name: ForecastName, measure: ForecastMeasure, loss: Double?) {
        (self.name, self.measure, self.loss) = (name, measure, loss)
    }
}
