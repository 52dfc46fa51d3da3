/// Conversions between float32 and the two 16-bit formats, as bit patterns.
///
/// All are free of branches on the common path so that loops over them vectorize. Narrowing rounds to nearest, ties to
/// even; NaN stays NaN, values beyond the range become infinite.
public enum HalfPrecision {
    /// IEEE 754 binary16 to float32, exact.
    @inlinable @inline(__always)
    public static func float(f16 half: UInt16) -> Float {
        let exponentMask: UInt32 = 0x7C00 << 13
        let shifted = UInt32(half & 0x7FFF) << 13
        let exponent = shifted & exponentMask
        let rebased = shifted &+ (112 << 23)
        // A subnormal half is the fraction of 2^-14: write it as 2^-14 + fraction, then take 2^-14 away.
        let subnormal = (Float(bitPattern: rebased &+ (1 << 23)) - Float(bitPattern: 113 << 23)).bitPattern
        let infinite = rebased &+ (112 << 23)
        let magnitude = exponent == 0 ? subnormal : (exponent == exponentMask ? infinite : rebased)
        return Float(bitPattern: magnitude | (UInt32(half & 0x8000) << 16))
    }

    /// bfloat16 to float32, exact.
    @inlinable @inline(__always)
    public static func float(bf16 half: UInt16) -> Float {
        Float(bitPattern: UInt32(half) << 16)
    }

    /// float32 to IEEE 754 binary16.
    @inlinable @inline(__always)
    public static func f16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let magnitude = bits & 0x7FFF_FFFF
        // Below 2^-14 the unit in the last place is that of 0.5 in float32, so the addition rounds for us.
        let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- 0x3F00_0000
        let odd = (magnitude >> 13) & 1
        let normal = (magnitude &- (112 << 23) &+ 0xFFF &+ odd) >> 13
        let special: UInt32 = magnitude > 0x7F80_0000 ? 0x7E00 | ((magnitude >> 13) & 0x1FF) : 0x7C00
        let narrowed = magnitude >= 0x4780_0000 ? special : (magnitude < 0x3880_0000 ? subnormal : normal)
        return UInt16(truncatingIfNeeded: narrowed | ((bits >> 16) & 0x8000))
    }

    /// float32 to bfloat16.
    @inlinable @inline(__always)
    public static func bf16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let rounded = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16
        let quiet = (bits >> 16) | 0x40
        return UInt16(truncatingIfNeeded: bits & 0x7FFF_FFFF > 0x7F80_0000 ? quiet : rounded)
    }
}
