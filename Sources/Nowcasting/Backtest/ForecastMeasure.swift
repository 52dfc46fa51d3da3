/// How a forecast of a state compares with what came: sums over scalars of products of two changes, both from the
/// newest state that the forecast was made from.
public struct ForecastMeasure: Sendable, Equatable {
    /// Σ (forecast − truth)².
    public var error = 0.0
    /// Σ (forecast − newest)².
    public var predicted = 0.0
    /// Σ (truth − newest)².
    public var truth = 0.0
    /// Σ (forecast − newest)(truth − newest).
    public var product = 0.0

    public init(error: Double = 0, predicted: Double = 0, truth: Double = 0, product: Double = 0) {
        (self.error, self.predicted, self.truth, self.product) = (error, predicted, truth, product)
    }

    /// ‖forecast − truth‖ / ‖truth − newest‖: 1 is what leaving the newest state as it is comes to. Nil if nothing
    /// moved.
    public var relativeError: Double? { truth > 0 ? (error / truth).squareRoot() : nil }

    /// Of the predicted and the true change; nil if one of them is none.
    public var cosine: Double? { predicted * truth > 0 ? product / (predicted * truth).squareRoot() : nil }

    static func + (left: ForecastMeasure, right: ForecastMeasure) -> ForecastMeasure {
        ForecastMeasure(
            error: left.error + right.error, predicted: left.predicted + right.predicted,
            truth: left.truth + right.truth, product: left.product + right.product)
    }
}
