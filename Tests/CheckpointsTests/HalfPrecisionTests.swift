import Checkpoints
import TestSupport
import Testing

struct HalfPrecisionTests {
    @Test func everyHalfWidensAsTheHardwareDoes() {
        for bits in UInt16.min...UInt16.max {
            let expected = Float(Float16(bitPattern: bits))
            let found = HalfPrecision.float(f16: bits)
            #expect(expected.isNaN ? found.isNaN : found.bitPattern == expected.bitPattern, "\(bits)")
        }
    }

    @Test func everyHalfSurvivesWideningAndNarrowing() {
        for bits in UInt16.min...UInt16.max {
            let half = HalfPrecision.f16(HalfPrecision.float(f16: bits))
            let brain = HalfPrecision.bf16(HalfPrecision.float(bf16: bits))
            #expect(Float16(bitPattern: bits).isNaN ? Float16(bitPattern: half).isNaN : half == bits, "\(bits)")
            let isNaN = HalfPrecision.float(bf16: bits).isNaN
            #expect(isNaN ? HalfPrecision.float(bf16: brain).isNaN : brain == bits, "\(bits)")
        }
    }

    /// The neighbours of every point half way between two halves, and random patterns of all exponents.
    @Test func narrowingRoundsToNearestEven() {
        var generator = SeededGenerator(seed: 1)
        var values: [Float] = []
        for bits in UInt16.min..<0x7C00 {
            let middle = (Float(Float16(bitPattern: bits)) + Float(Float16(bitPattern: bits).nextUp)) / 2
            values += [middle.nextDown, middle, middle.nextUp, -middle]
        }
        for _ in 0..<200_000 { values.append(Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))) }
        for value in values where !value.isNaN {
            #expect(HalfPrecision.f16(value) == Float16(value).bitPattern, "\(value)")
            #expect(HalfPrecision.bf16(value) == nearestBrain(value), "\(value)")
        }
    }

    @Test func truncationIsNotRounding() {
        let aboveTie = Float(bitPattern: 0x3F80_8001)
        #expect(HalfPrecision.bf16(aboveTie) != UInt16(aboveTie.bitPattern >> 16))
        #expect(HalfPrecision.bf16(Float(bitPattern: 0x3F80_8000)) == 0x3F80)
        #expect(HalfPrecision.bf16(Float(bitPattern: 0x3F81_8000)) == 0x3F82)
    }

    @Test func infinityAndNaNStayThemselves() {
        #expect(HalfPrecision.f16(.infinity) == 0x7C00 && HalfPrecision.f16(-.infinity) == 0xFC00)
        #expect(HalfPrecision.bf16(.infinity) == 0x7F80 && HalfPrecision.bf16(-.infinity) == 0xFF80)
        #expect(HalfPrecision.f16(65520) == 0x7C00 && HalfPrecision.f16(65519) == 0x7BFF)
        for bits: UInt32 in [0x7F80_0001, 0x7FC0_0000, 0xFFFF_FFFF] {
            #expect(HalfPrecision.float(f16: HalfPrecision.f16(Float(bitPattern: bits))).isNaN)
            #expect(HalfPrecision.float(bf16: HalfPrecision.bf16(Float(bitPattern: bits))).isNaN)
        }
    }

    /// The nearest of the two bfloat16 around a value by distance in double precision, the even one on a tie.
    private func nearestBrain(_ value: Float) -> UInt16 {
        let low = UInt16(value.bitPattern >> 16)
        if value.isInfinite { return low }
        let high = low + 1
        // Beyond the largest finite value the next step counts as 2^128.
        let next = HalfPrecision.float(bf16: high)
        let highValue = next.isInfinite ? (value < 0 ? -1 : 1) * 0x1p128 : Double(next)
        let below = (Double(value) - Double(HalfPrecision.float(bf16: low))).magnitude
        let above = (highValue - Double(value)).magnitude
        return below == above ? (low % 2 == 0 ? low : high) : (below < above ? low : high)
    }

    @Test func sizesOfTypes() {
        #expect(DType.allCases.count == 22)
        #expect(DType.allCases.compactMap(\.size) == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8, 8])
        #expect(
            DType(rawValue: "BF16") == .bf16 && DType(rawValue: "F8_E4M3") == .f8e4m3 && DType(rawValue: "f32") == nil)
    }
}
