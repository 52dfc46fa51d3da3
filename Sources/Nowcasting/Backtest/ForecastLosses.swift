import NeuralGraphs
import Tensors

/// Judges forecasts and states by a loss function, in memory.
public final class ForecastLosses<Source: StateSource>: ForecastReceiver {
    private let source: Source
    private let loss: (Tensor) throws -> Double
    private var forecasts: [ForecastName: Tensor] = [:]

    /// - Parameter loss: of a model with these weights, shape [parameters].
    public init(_ source: Source, loss: @escaping (Tensor) throws -> Double) {
        (self.source, self.loss) = (source, loss)
    }

    public func sink(for forecast: ForecastName) -> any NowcastSink {
        let output = Tensor(shape: [source.parameters.count])
        forecasts[forecast] = output
        return FlatSink(parameters: source.parameters, output: output)
    }

    public func finished(_ forecast: ForecastName) throws -> Double? {
        try forecasts.removeValue(forKey: forecast).map(loss)
    }

    public func loss(ofState state: Int) throws -> Double? {
        let weights = Tensor(shape: [source.parameters.count])
        for (index, entry) in source.parameters.entries.enumerated() {
            try source.read(
                .whole(index, entry), state: state, into: weights.address + entry.offset, stride: entry.count)
        }
        return try loss(weights)
    }
}
