/// Values of the eight-bit floating-point types. Source: Micikevicius et al., "FP8 formats for deep learning", 2022;
/// the variants without a negative zero: PyTorch `c10/util/Float8_*fnuz.h`.
enum Float8 {
    /// The float32 value of each bit pattern.
    static func values(of dtype: DType) -> [Float] {
        (0...255).map { value(UInt8($0), of: dtype) }
    }

    private static func value(_ bits: UInt8, of dtype: DType) -> Float {
        let fractionBits = dtype == .f8e5m2 || dtype == .f8e5m2fnuz ? 2 : 3
        let isUnsignedZero = dtype == .f8e4m3fnuz || dtype == .f8e5m2fnuz
        let bias = (1 << (6 - fractionBits)) - (isUnsignedZero ? 0 : 1)
        let magnitude = Int(bits & 0x7F)
        let exponent = magnitude >> fractionBits
        let fraction = magnitude & ((1 << fractionBits) - 1)
        let sign: Float = bits & 0x80 == 0 ? 1 : -1
        if isUnsignedZero {
            if bits == 0x80 { return .nan }
        } else if dtype == .f8e4m3 {
            if magnitude == 0x7F { return .nan }
        } else if exponent == 0x1F {
            return fraction == 0 ? sign * .infinity : .nan
        }
        let scale = Float(sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: 1)
        return sign * Float(fraction + (exponent == 0 ? 0 : 1 << fractionBits)) * scale
    }
}
