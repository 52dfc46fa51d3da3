import NeuralGraphs
import Synchronization

/// Trims each model's change from the base to its largest part, elects a sign for every scalar, and adds λ times the
/// mean of the changes that have it. What is large is judged over all parameters of a model together, as in the code of
/// the authors. Source: TIES (Yadav et al. 2023, arXiv 2306.01708).
public struct TIES: Merger {
    public let name = "ties"
    /// λ.
    public let weight: Double
    /// Share of each change that is kept.
    public let density: Double

    public static let usualDensity = 0.2

    public init(weight: Double = 1, density: Double = usualDensity) {
        precondition(density > 0 && density <= 1, "a density of \(density)")
        (self.weight, self.density) = (weight, density)
    }

    private static let chunk = 1 << 15

    public func merge(
        _ source: some StateSource, models: Int, graph: GraphInput?, into sink: any NowcastSink,
        options: NowcastOptions
    ) throws {
        let count = source.parameters.count
        // As the authors count: one more than asked for is kept, and what is as large as the last of them.
        let rank = count - Int(Double(count) * density)
        let thresholds =
            rank < 1
            ? [Float](repeating: 0, count: models)
            : try MagnitudeRank.find(rank, source, models: models, options)
        let patches = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: Self.chunk).map { ScalarPatch.run(index, $0) }
        }
        let balance = Mutex(0)
        try TaskRunner().forEach(patches) { patch, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            let changes = try trimmed(patch, source, thresholds, scratch)
            let signs = (0..<patch.columns).reduce(0) { sum, scalar in
                let total = Self.total(changes, scalar, patch.columns, models)
                return sum + (total > 0 ? 1 : total < 0 ? -1 : 0)
            }
            balance.withLock { $0 += signs }
        }
        // Scalars whose changes cancel follow the majority of all.
        let majority: Float = balance.withLock { Float($0.signum()) }
        try TaskRunner().forEach(patches) { patch, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            let changes = try trimmed(patch, source, thresholds, scratch)
            let result = scratch.floats(.output, patch.columns)
            try source.read(patch, state: 0, into: result, stride: patch.columns)
            for scalar in 0..<patch.columns {
                let total = Self.total(changes, scalar, patch.columns, models)
                let mean = Self.mean(changes, scalar, patch.columns, models, sign: total == 0 ? majority : total)
                result[scalar] = Float(Double(result[scalar]) + weight * mean)
            }
            try sink.write(patch, from: result, stride: patch.columns)
        }
    }

    /// Changes of the models from the base, those below the thresholds set to zero: [models, scalars].
    private func trimmed(
        _ patch: ScalarPatch, _ source: some StateSource, _ thresholds: [Float], _ scratch: TileScratch
    ) throws -> UnsafeMutablePointer<Float> {
        let count = patch.columns
        let base = scratch.floats(.hidden, count)
        let changes = scratch.floats(.channels, thresholds.count * count)
        try source.read(patch, state: 0, into: base, stride: count)
        for (model, threshold) in thresholds.enumerated() {
            let change = changes + model * count
            try source.read(patch, state: model + 1, into: change, stride: count)
            for scalar in 0..<count {
                let difference = change[scalar] - base[scalar]
                change[scalar] = difference.magnitude >= threshold ? difference : 0
            }
        }
        return changes
    }

    private static func total(_ changes: UnsafePointer<Float>, _ scalar: Int, _ stride: Int, _ models: Int) -> Float {
        var sum: Float = 0
        for model in 0..<models { sum += changes[model * stride + scalar] }
        return sum
    }

    /// Of the changes that have the sign of `sign`; 0 if there are none.
    private static func mean(
        _ changes: UnsafePointer<Float>, _ scalar: Int, _ stride: Int, _ models: Int, sign: Float
    ) -> Double {
        var (sum, count) = (0.0, 0)
        for model in 0..<models {
            let change = changes[model * stride + scalar]
            guard sign > 0 ? change > 0 : sign < 0 && change < 0 else { continue }
            sum += Double(change)
            count += 1
        }
        return count == 0 ? 0 : sum / Double(count)
    }
}
