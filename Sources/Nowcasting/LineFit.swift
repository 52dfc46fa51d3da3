import Tensors

/// The least-squares line through five states, read `horizon` states after the last: the simplest nowcast.
///
/// With the states at t = 0 … 4 the line's value at 4 + k is Σ c_t w_t, c_t = 1/5 + (t − 2)(k + 2)/10: the mean at t = 2 plus
/// the slope Σ (t − 2) w_t / 10 over k + 2 steps.
public enum LineFit {
    public static func coefficients(horizon: Int) -> [Double] {
        (0..<StateHistory.contextLength).map { 0.2 + Double(($0 - 2) * (horizon + 2)) / 10 }
    }

    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: `horizon`.
    public static func nowcast(_ history: StateHistory, horizon: Int) throws(NowcastError) -> [Float] {
        let output = Tensor(shape: [history.count])
        _ = try nowcast(history, horizon: horizon, into: FlatSink(parameters: history.parameters, output: output))
        return output.array
    }

    /// Scalars at a time.
    private static let chunk = 1 << 15

    /// Every scalar by itself, in double precision.
    ///
    /// - Parameter horizon: k ≥ 1, in states.
    /// - Returns: how far the result is from the newest state.
    /// - Throws: `horizon`.
    static func nowcast(_ source: some StateSource, horizon: Int, into sink: some NowcastSink) throws(NowcastError) -> ChangeMeasure {
        guard horizon >= 1 else { throw .horizon(expectedAtMost: nil, found: horizon) }
        let c = coefficients(horizon: horizon)
        let patches = source.parameters.entries.enumerated().flatMap { index, entry in (0..<entry.count).pieces(of: chunk).map { ScalarPatch.run(index, $0) } }
        var measures = [ChangeMeasure](repeating: ChangeMeasure(), count: patches.count)
        measures.withUnsafeMutableBufferPointer { measures in
            nonisolated(unsafe) let measures = measures
            Parallel.forEach(patches.count) { index in
                guard !source.hasFailed, !sink.hasFailed else { return }
                measures[index] = fit(patches[index], c, source, into: sink)
            }
        }
        return .sum(measures)
    }

    private static func fit(_ patch: ScalarPatch, _ c: [Double], _ source: some StateSource, into sink: some NowcastSink) -> ChangeMeasure {
        let count = patch.columns
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
