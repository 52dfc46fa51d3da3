import Tensors

/// Tells runs whose way can be foreseen from those whose weights diffuse: unless noise holds it up (`NowcastSearch`), a
/// run jumps only after a nowcast three
/// states ahead has come true.
///
/// One state ahead the two look alike when training begins; three ahead they do not. With learning rate 0.006 the
/// convolutional networks of
/// FM-16 are at a relative error of about 0.7, language models at 0.85 and more. There a jump lowers the loss for a
/// thousand steps
/// and costs a run hundreds of steps later on.
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

/// What trials have told of a run.
enum Foresight {
    case unknown
    case onTrial(NowcastTrial)
    /// A trial was passed, and no further one is needed.
    case proven

    var isProven: Bool { if case .proven = self { true } else { false } }
}
