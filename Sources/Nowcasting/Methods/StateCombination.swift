import Tensors

/// Σ c_t w_t over the states, for every scalar by itself, in double precision.
struct StateCombination {
    let coefficients: [Double]

    init(_ coefficients: [Double]) {
        self.coefficients = coefficients
    }

    /// Scalars at a time.
    private static let chunk = 1 << 15

    /// - Returns: how far the result is from the newest state.
    func run(_ source: some StateSource, into sink: some NowcastSink) -> ChangeMeasure {
        let patches = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: Self.chunk).map { ScalarPatch.run(index, $0) }
        }
        var measures = [ChangeMeasure](repeating: ChangeMeasure(), count: patches.count)
        measures.withUnsafeMutableBufferPointer { measures in
            nonisolated(unsafe) let measures = measures
            Parallel.forEach(patches.count) { index in
                guard !source.hasFailed, !sink.hasFailed else { return }
                measures[index] = combine(patches[index], source, into: sink)
            }
        }
        return .sum(measures)
    }

    private func combine(_ patch: ScalarPatch, _ source: some StateSource, into sink: some NowcastSink) -> ChangeMeasure
    {
        let (c, count) = (coefficients, patch.columns)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: (c.count + 1) * count)
        defer { buffer.deallocate() }
        let (states, result) = (buffer.baseAddress!, buffer.baseAddress! + c.count * count)
        for t in c.indices { source.read(patch, state: t, into: states + t * count, stride: count) }
        var measure = ChangeMeasure()
        for index in 0..<count {
            var sum = 0.0
            for t in c.indices { sum += c[t] * Double(states[t * count + index]) }
            result[index] = Float(sum)
            measure.add(newest: states[(c.count - 1) * count + index], nowcast: result[index])
        }
        if !source.hasFailed { sink.write(patch, from: result, stride: count) }
        return measure
    }
}
