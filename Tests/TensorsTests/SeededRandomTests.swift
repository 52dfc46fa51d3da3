import Tensors
import Testing

@Suite struct SeededRandomTests {
    /// The reference implementation's first numbers from the state 1, 2, 3, 4.
    @Test func theGeneratorIsXoshiro256PlusPlus() throws {
        var random = try #require(SeededRandom(state: [1, 2, 3, 4]))
        #expect(
            (0..<4).map { _ in random.next() } == [
                41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386,
            ])
    }

    /// Numbers worked out by an independent implementation: results of old seeds must never change.
    @Test func seedsKeepTheirMeaning() {
        var random = SeededRandom(seed: 1000, purpose: .initialWeights)
        #expect(
            (0..<3).map { _ in random.next() } == [
                5_592_668_439_330_404_354, 4_017_969_157_671_969_972, 6_539_923_585_747_533_146,
            ])
        var other = SeededRandom(seed: 1000, purpose: .shuffling, index: 1)
        #expect(other.next() == 0x5401_16E3_67C0_AF14)
        var shuffle = SeededRandom(seed: 7, purpose: .shuffling, index: 3)
        #expect(shuffle.permutation(10) == [5, 4, 9, 7, 3, 2, 6, 1, 0, 8])
    }

    @Test func streamsDifferBySeedPurposeAndIndex() {
        let streams = [
            SeededRandom(seed: 1, purpose: .initialWeights), SeededRandom(seed: 2, purpose: .initialWeights),
            SeededRandom(seed: 1, purpose: .shuffling), SeededRandom(seed: 1, purpose: .shuffling, index: 1),
        ]
        #expect(Set(streams.map(\.state)).count == 4)
        #expect(SeededRandom(seed: 1, purpose: .shuffling, index: 1) == streams[3])
    }

    @Test func aSavedStateGoesOnWhereItWas() throws {
        var random = SeededRandom(seed: 5, purpose: .trials)
        for _ in 0..<7 { _ = random.normal() }
        var copy = try #require(SeededRandom(state: random.state))
        #expect((0..<20).map { _ in copy.next() } == (0..<20).map { _ in random.next() })
        #expect(SeededRandom(state: [0, 0, 0, 0]) == nil && SeededRandom(state: [1, 2, 3]) == nil)
    }

    @Test func permutationsHoldEveryNumberOnce() {
        var random = SeededRandom(seed: 3, purpose: .shuffling)
        for count in [0, 1, 2, 500] {
            #expect(random.permutation(count).sorted() == Array(0..<count))
        }
        #expect(random.permutation(500) != random.permutation(500))
    }

    /// Bounds are five standard errors of 100,000 draws.
    @Test func drawsHaveTheirMomentsAndBounds() {
        var random = SeededRandom(seed: 11, purpose: .trials)
        let count = 100_000
        func moments(_ draw: () -> Double) -> (mean: Double, variance: Double) {
            let values = (0..<count).map { _ in draw() }
            let mean = values.reduce(0, +) / Double(count)
            return (mean, values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(count))
        }
        let uniform = moments { random.uniform() }
        #expect(abs(uniform.mean - 0.5) < 0.0046 && abs(uniform.variance - 1.0 / 12) < 0.0012)
        let normal = moments { Double(random.normal(mean: 2, standardDeviation: 3)) }
        #expect(abs(normal.mean - 2) < 0.048 && abs(normal.variance - 9) < 0.21)
        let bounded = (0..<count).map { _ in random.truncatedNormal(in: -1...2) }
        #expect(
            bounded.allSatisfy { $0 >= -1 && $0 <= 2 } && bounded.contains { $0 > 1.9 }
                && bounded.contains { $0 < -0.9 })
        let range = (0..<count).map { _ in random.uniform(in: -0.25...0.5) }
        #expect(range.allSatisfy { $0 >= -0.25 && $0 <= 0.5 })
        let counts = (0..<count).reduce(into: [0, 0, 0]) { counts, _ in counts[random.integer(below: 3)] += 1 }
        #expect(counts.allSatisfy { abs($0 - count / 3) < 746 })
    }
}
