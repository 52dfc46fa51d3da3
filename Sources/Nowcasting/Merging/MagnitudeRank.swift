import NeuralGraphs
import Synchronization

/// Finds, exactly and without keeping the numbers, the magnitude of a given rank among all changes of a model from its
/// base: by the leading and then by the trailing half of the bits of a float, which order magnitudes as they are.
struct MagnitudeRank {
    private static let bins = 1 << 16
    private static let chunk = 1 << 15

    /// The k-th smallest |model − base| of each model, all parameters together.
    ///
    /// - Parameters:
    ///   - rank: k, from 1 on.
    ///   - models: states 1 … `models` of the source; state 0 is the base.
    /// - Throws: `stopped`; what the source throws.
    static func find(_ rank: Int, _ source: some StateSource, models: Int, _ options: NowcastOptions) throws -> [Float]
    {
        let high = try count(source, models: models, options) { bits, _ in Int(bits >> 16) }
        let places = high.map { place(of: rank, in: $0) }
        let low = try count(source, models: models, options) { bits, model in
            Int(bits >> 16) == places[model].bin ? Int(bits & 0xFFFF) : nil
        }
        return zip(places, low).map { place, counts in
            let last = self.place(of: place.rank, in: counts).bin
            return Float(bitPattern: UInt32(place.bin) << 16 | UInt32(last))
        }
    }

    /// The bin that holds a rank, and the rank within it.
    private static func place(of rank: Int, in counts: [Int]) -> (bin: Int, rank: Int) {
        var left = rank
        for (bin, count) in counts.enumerated() {
            if left <= count { return (bin, left) }
            left -= count
        }
        return (counts.count - 1, left)
    }

    /// How many changes of each model fall into each bin; nil for none.
    private static func count(
        _ source: some StateSource, models: Int, _ options: NowcastOptions, _ bin: (UInt32, Int) -> Int?
    ) throws -> [[Int]] {
        let patches = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: 1 << 20).map { ScalarPatch.run(index, $0) }
        }
        let counts = Mutex([[Int]](repeating: [Int](repeating: 0, count: bins), count: models))
        try TaskRunner().forEach(patches) { patch, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            var own = [[Int]](repeating: [Int](repeating: 0, count: bins), count: models)
            for piece in (0..<patch.columns).pieces(of: chunk) {
                let run = ScalarPatch.run(patch.parameter, piece.shifted(by: patch.first))
                let base = scratch.floats(.channels, piece.count)
                let model = scratch.floats(.output, piece.count)
                try source.read(run, state: 0, into: base, stride: piece.count)
                for index in 0..<models {
                    try source.read(run, state: index + 1, into: model, stride: piece.count)
                    for scalar in 0..<piece.count {
                        let bits = (model[scalar] - base[scalar]).magnitude.bitPattern
                        if let bin = bin(bits, index) { own[index][bin] += 1 }
                    }
                }
            }
            counts.withLock { counts in
                for index in 0..<models {
                    for bin in 0..<bins { counts[index][bin] += own[index][bin] }
                }
            }
        }
        return counts.withLock { $0 }
    }
}
