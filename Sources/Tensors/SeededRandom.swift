#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The generator behind every random draw: xoshiro256++ (Blackman and Vigna 2019), seeded through SplitMix64.
///
/// One seed gives many independent streams, one for each purpose and index, so that a draw for one purpose never moves
/// the draws of another: training with another data order starts from the same weights. Equal seed, purpose and index
/// give equal draws on every machine and in every version; the algorithms here are pinned by a test for that reason
/// (the standard library does not promise how its `shuffle` or `random(in:)` use a generator).
public struct SeededRandom: RandomNumberGenerator, Sendable, Equatable {
    /// What a stream of draws is for. Raw values are part of the results: never renumber.
    public enum Purpose: UInt64, Sendable {
        case initialWeights = 1
        case shuffling = 2
        case trials = 3
        case sampling = 4
        case syntheticData = 5
    }

    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameters:
    ///   - index: numbers the streams of one purpose, for example by epoch or by tensor.
    public init(seed: UInt64, purpose: Purpose, index: UInt64 = 0) {
        var mixer = SplitMix64(state: seed)
        mixer.state = mixer.next() ^ purpose.rawValue
        mixer.state = mixer.next() ^ index
        words = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// The four words of the generator's state, to be stored and given back to `init(state:)`.
    public var state: [UInt64] {
        [words.0, words.1, words.2, words.3]
    }

    /// Nil unless `state` has four words that are not all zero (from which the generator would never leave).
    public init?(state: [UInt64]) {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
        words = (state[0], state[1], state[2], state[3])
    }

    public static func == (a: SeededRandom, b: SeededRandom) -> Bool {
        a.words == b.words
    }

    public mutating func next() -> UInt64 {
        let result = rotateLeft(words.0 &+ words.3, 23) &+ words.0
        let shifted = words.1 << 17
        words.2 ^= words.0
        words.3 ^= words.1
        words.1 ^= words.2
        words.0 ^= words.3
        words.2 ^= shifted
        words.3 = rotateLeft(words.3, 45)
        return result
    }

    /// Uniform in 0 ..< 1, a multiple of 2^-53.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform in `bounds`; rounding to float may yield the upper bound itself.
    public mutating func uniform(in bounds: ClosedRange<Float>) -> Float {
        let low = Double(bounds.lowerBound)
        return Float(low + uniform() * (Double(bounds.upperBound) - low))
    }

    /// Uniform in 0 ..< bound without bias (Lemire 2019).
    public mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "integer(below: \(bound)): the bound must be positive")
        let width = UInt64(bound)
        var product = next().multipliedFullWidth(by: width)
        if product.low < width {
            let threshold = (0 &- width) % width
            while product.low < threshold {
                product = next().multipliedFullWidth(by: width)
            }
        }
        return Int(product.high)
    }

    /// Normal with the given mean and standard deviation (Box and Muller 1958, the cosine half, in double).
    public mutating func normal(mean: Float = 0, standardDeviation: Float = 1) -> Float {
        Float(Double(mean) + Double(standardDeviation) * standardNormal())
    }

    /// Normal, drawn again until it lies in `bounds` (absolute values, as `torch.nn.init.trunc_normal_` takes them).
    ///
    /// - Precondition: `bounds` holds a part of the distribution worth waiting for: it meets mean ± 4 deviations.
    public mutating func truncatedNormal(mean: Float = 0, standardDeviation: Float = 1, in bounds: ClosedRange<Float>)
        -> Float
    {
        let reach = 4 * standardDeviation
        precondition(
            bounds.lowerBound < bounds.upperBound && bounds.lowerBound < mean + reach
                && bounds.upperBound > mean - reach,
            "truncatedNormal: bounds \(bounds) hold almost nothing of a normal at \(mean) ± \(standardDeviation)")
        while true {
            let value = normal(mean: mean, standardDeviation: standardDeviation)
            if bounds.contains(value) { return value }
        }
    }

    /// The numbers 0 ..< count in random order (Fisher and Yates, from the end).
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, integer(below: last + 1))
        }
        return order
    }

    private mutating func standardNormal() -> Double {
        // 1 - uniform() lies in 0 <..1, so the logarithm is finite.
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }
}

/// Spreads a seed over the words of a larger state (Steele, Lea and Flood 2014).
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

private func rotateLeft(_ word: UInt64, _ bits: UInt64) -> UInt64 {
    (word << bits) | (word >> (64 - bits))
}
