import NeuralGraphs

/// Sums Σ c_t w_t over the states, for every scalar by itself, in double precision.
struct StateCombination {
    /// Of each sum, by parameter: [sums][states].
    let coefficients: (_ parameter: Int) -> [[Double]]

    init(_ coefficients: @escaping (_ parameter: Int) -> [[Double]]) {
        self.coefficients = coefficients
    }

    /// Scalars at a time.
    private static let chunk = 1 << 15

    /// - Returns: how far each sum is from the newest state.
    /// - Throws: `stopped`; what the source and the sinks throw.
    func run(_ source: some StateSource, into sinks: [any NowcastSink], _ options: NowcastOptions) throws
        -> [ChangeMeasure]
    {
        let patches = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: Self.chunk).map { ScalarPatch.run(index, $0) }
        }
        return try PartialMeasures.collect(patches, sums: sinks.count, options) { patch, scratch in
            try combine(patch, coefficients(patch.parameter), source, into: sinks, scratch)
        }
    }

    private func combine(
        _ patch: ScalarPatch, _ coefficients: [[Double]], _ source: some StateSource, into sinks: [any NowcastSink],
        _ scratch: TileScratch
    ) throws -> [ChangeMeasure] {
        let (length, count) = (coefficients[0].count, patch.columns)
        let (states, result) = (scratch.floats(.channels, length * count), scratch.floats(.output, count))
        for t in 0..<length { try source.read(patch, state: t, into: states + t * count, stride: count) }
        return try zip(coefficients, sinks).map { c, sink in
            var measure = ChangeMeasure()
            for index in 0..<count {
                var sum = 0.0
                for t in 0..<length { sum += c[t] * Double(states[t * count + index]) }
                result[index] = Float(sum)
                measure.add(newest: states[(length - 1) * count + index], nowcast: result[index])
            }
            try sink.write(patch, from: result, stride: count)
            return measure
        }
    }
}
