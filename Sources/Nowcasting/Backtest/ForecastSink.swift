import Synchronization

/// Compares a forecast, patch by patch as it comes, with the state that it is of.
final class ForecastSink<Source: StateSource>: NowcastSink {
    private struct Sums {
        var error = FixedPointSum()
        var predicted = FixedPointSum()
        var truth = FixedPointSum()
        var product = FixedPointSum()
    }

    private let source: Source
    private let newest: Int
    private let target: Int
    /// Gets the forecast too.
    private let next: (any NowcastSink)?
    private let sums = Mutex(Sums())

    /// - Parameters:
    ///   - newest: the state that the forecast is made from.
    ///   - target: the state that it is of.
    init(_ source: Source, newest: Int, target: Int, next: (any NowcastSink)? = nil) {
        (self.source, self.newest, self.target, self.next) = (source, newest, target, next)
    }

    var measure: ForecastMeasure {
        sums.withLock {
            ForecastMeasure(
                error: $0.error.value, predicted: $0.predicted.value, truth: $0.truth.value, product: $0.product.value)
        }
    }

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        let count = patch.rows * patch.columns
        var measure = ForecastMeasure()
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count) { states in
            let (before, after) = (states.baseAddress!, states.baseAddress! + count)
            try source.read(patch, state: newest, into: before, stride: patch.columns)
            try source.read(patch, state: target, into: after, stride: patch.columns)
            for row in 0..<patch.rows {
                for column in 0..<patch.columns {
                    let place = row * patch.columns + column
                    let start = Double(before[place])
                    let change = Double(values[row * stride + column]) - start
                    let truth = Double(after[place]) - start
                    measure.error += (change - truth) * (change - truth)
                    measure.predicted += change * change
                    measure.truth += truth * truth
                    measure.product += change * truth
                }
            }
        }
        sums.withLock { [measure] in
            $0.error.add(measure.error)
            $0.predicted.add(measure.predicted)
            $0.truth.add(measure.truth)
            $0.product.add(measure.product)
        }
        try next?.write(patch, from: values, stride: stride)
    }
}
