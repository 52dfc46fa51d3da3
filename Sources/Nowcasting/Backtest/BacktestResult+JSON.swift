import Foundation

extension BacktestResult {
    /// One object on a line, keys sorted: docs/backtest.md.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(Content(self)) else {
            preconditionFailure("a result that JSON cannot say")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Content: Encodable {
        struct Score: Encodable {
            let method: String
            let horizon, forecasts: Int
            let relativeError, cosine, worth, loss, gain: Double?
        }

        struct Forecast: Encodable {
            let method: String
            let from, to, horizon: Int
            let relativeError, cosine, loss: Double?
        }

        struct Advice: Encodable {
            let `do`: BacktestAdvice.Action
            let method: String?
            let horizon: Int?
            let sentence: String
        }

        let steps: [Int]
        let parameters: Int
        let losses: [Double?]?
        let movement: StateMovement?
        let scores: [Score]
        let forecasts: [Forecast]
        let advice: Advice

        init(_ result: BacktestResult) {
            (steps, parameters, movement) = (result.steps, result.parameters, result.movement)
            losses = result.losses.isEmpty ? nil : result.losses
            scores = result.scores.map {
                Score(
                    method: $0.method, horizon: $0.horizon, forecasts: $0.forecasts, relativeError: $0.relativeError,
                    cosine: $0.cosine, worth: $0.worth, loss: $0.loss, gain: $0.gain)
            }
            forecasts = result.forecasts.map {
                Forecast(
                    method: $0.name.method, from: result.steps[$0.name.newest], to: result.steps[$0.name.target],
                    horizon: $0.name.horizon, relativeError: $0.measure.relativeError, cosine: $0.measure.cosine,
                    loss: $0.loss)
            }
            let given = result.advice
            advice = Advice(
                do: given.action, method: given.method, horizon: given.horizon, sentence: given.sentence)
        }
    }
}
