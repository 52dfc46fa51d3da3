import Tensors

/// Tells runs whose way can be foreseen from those whose weights diffuse: unless its signal-to-noise ratio is low
/// (`NowcastSearch`), a run jumps only after a nowcast three states ahead has come true. One state ahead the two look
/// alike when training begins. Measured in docs/notes/2026-11-26-search.md.
struct NowcastTrial {
    /// The state that the nowcast was made at, shape [parameters].
    let start: Tensor
    /// The nowcast, shape [parameters].
    let forecast: Tensor
    /// States that have come since.
    var age = 0

    /// States ahead.
    static let horizon = 3
    /// Relative error (1: as good as predicting no change) up to which the nowcast has come true.
    static let largestError = 0.8

    var isDue: Bool { age >= Self.horizon }

    /// - Parameter newest: the state that the nowcast is of, shape [parameters].
    func passes(_ newest: Tensor) -> Bool {
        Self.relativeError(of: forecast, before: start, now: newest) <= Self.largestError
    }

    /// ‖forecast − now‖ / ‖now − before‖; NaN, which is trusted by nobody, where nothing moved.
    private static func relativeError(of forecast: Tensor, before: Tensor, now: Tensor) -> Double {
        var (error, change) = (0.0, 0.0)
        for index in now.values.indices {
            let (e, c) = (
                Double(forecast.values[index] - now.values[index]), Double(now.values[index] - before.values[index])
            )
            error += e * e
            change += c * c
        }
        return (error / change).squareRoot()
    }
}
