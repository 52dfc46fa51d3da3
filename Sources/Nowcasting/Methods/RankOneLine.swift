import NeuralGraphs
import Synchronization
import Tensors

/// The line through any number of states that explains most of how they differ from the first one. Source: RELEX
/// (arXiv 2605.21468).
///
/// For each tensor the changes of states 1 … T from state 0 are the rows of a matrix D; v is its first right singular
/// vector, c_t the coefficient of row t on v, and a least-squares line with intercept goes through (step_t, c_t). The
/// prediction is state 0 plus the line's value times v. With u the first eigenvector of the T × T matrix D Dᵀ and λ its
/// eigenvalue, v = Dᵀ u / √λ and c = √λ u: so the prediction is a sum of the states, and no more than a few rows of D
/// are ever in memory.
public struct RankOneLine: Nowcaster {
    public let name = "rank1"
    /// Of the states, in steps; rising.
    public let steps: [Int]

    /// - Throws: `setting` for fewer than three steps, or steps that do not rise.
    public init(steps: [Int]) throws(NowcastError) {
        let text = steps.map(String.init).joined(separator: ",")
        guard steps.count >= 3 else {
            throw .setting(name: "steps", expected: "at least three, of the base and two states", found: text)
        }
        guard zip(steps, steps.dropFirst()).allSatisfy(<) else {
            throw .setting(name: "steps", expected: "rising numbers", found: text)
        }
        self.steps = steps
    }

    /// - Parameter horizons: in steps after the last state.
    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        let grams = try GramMatrices(source, states: steps.count, options)
        // [parameters][horizons][states].
        let coefficients = grams.matrices.map { gram in
            horizons.map { self.coefficients(gram, step: Double(steps[steps.count - 1] + $0)) }
        }
        return try StateCombination { coefficients[$0] }.run(source, into: sinks, options)
    }

    /// Weights of the states in the prediction for a step.
    ///
    /// - Parameter gram: D Dᵀ, [T, T].
    private func coefficients(_ gram: [Double], step: Double) -> [Double] {
        let count = steps.count - 1
        var own = [Double](repeating: 0, count: count)
        if let eigen = SymmetricEigen(gram, size: count), let largest = eigen.values.last, largest > 0 {
            let (u, root) = (eigen.vectors[count - 1], largest.squareRoot())
            let value = line(through: u.map { $0 * root }, at: step)
            own = u.map { value * $0 / root }
        }
        return [1 - own.reduce(0, +)] + own
    }

    /// The least-squares line through (step_t, c_t), t ≥ 1.
    private func line(through values: [Double], at step: Double) -> Double {
        let times = steps.dropFirst().map(Double.init)
        let count = Double(values.count)
        let (time, value) = (times.reduce(0, +) / count, values.reduce(0, +) / count)
        let (product, square) = zip(times, values).reduce((0.0, 0.0)) { sums, point in
            let distance = point.0 - time
            return (sums.0 + distance * (point.1 - value), sums.1 + distance * distance)
        }
        return value + product / square * (step - time)
    }
}

/// For every tensor, the products of all pairs of changes from the first state.
private struct GramMatrices {
    /// By parameter: [T, T].
    let matrices: [[Double]]

    /// Scalars at a time: the changes of some dozens of states then fit the second-level cache.
    private static let chunk = 1 << 12

    /// One pass over the states; sums in an order that depends on the sizes alone.
    ///
    /// - Throws: `stopped`; what the source throws.
    init(_ source: some StateSource, states: Int, _ options: NowcastOptions) throws {
        let parts = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: 1 << 20).map { ScalarPatch.run(index, $0) }
        }
        let count = states - 1
        let sums = Mutex([[Double]](repeating: [], count: parts.count))
        try TaskRunner().forEach(Array(parts.enumerated())) { numbered, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            var gram = [Double](repeating: 0, count: count * count)
            for piece in (0..<numbered.element.columns).pieces(of: Self.chunk) {
                let first = numbered.element.first + piece.lowerBound
                let patch = ScalarPatch.run(numbered.element.parameter, first..<(first + piece.count))
                try Self.add(patch, source, states: states, to: &gram, scratch)
            }
            sums.withLock { $0[numbered.offset] = gram }
        }
        var matrices = source.parameters.entries.map { _ in [Double](repeating: 0, count: count * count) }
        sums.withLock { sums in
            for (part, gram) in zip(parts, sums) {
                for index in gram.indices { matrices[part.parameter][index] += gram[index] }
            }
        }
        self.matrices = matrices
    }

    private static func add(
        _ patch: ScalarPatch, _ source: some StateSource, states: Int, to gram: inout [Double], _ scratch: TileScratch
    ) throws {
        let (rows, columns) = (states - 1, patch.columns)
        let values = scratch.floats(.channels, states * columns)
        let changes = UnsafeMutableRawPointer(scratch.floats(.hidden, 2 * rows * columns)).assumingMemoryBound(
            to: Double.self)
        for state in 0..<states {
            try source.read(patch, state: state, into: values + state * columns, stride: columns)
        }
        for row in 0..<rows {
            let state = values + (row + 1) * columns
            for column in 0..<columns {
                changes[row * columns + column] = Double(state[column]) - Double(values[column])
            }
        }
        gram.withUnsafeMutableBufferPointer { gram in
            serialGemm(
                transposeB: true, m: rows, n: rows, k: columns, changes, lda: columns, changes, ldb: columns, beta: 1,
                gram.baseAddress!, ldc: rows)
        }
    }
}
