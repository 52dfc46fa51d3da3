/// A sum whose value does not depend on the order of its terms, as those of threads come in any: an integer of units of
/// 2⁻⁸⁰.
struct FixedPointSum: Sendable {
    private var units: Int128 = 0
    private var isFinite = true

    private static let unit = 0x1p-80
    /// Beyond what sums of squares of weights come to.
    private static let limit = 0x1p40

    mutating func add(_ value: Double) {
        guard value.magnitude < Self.limit else {
            isFinite = false
            return
        }
        units &+= Int128(value / Self.unit)
    }

    /// NaN if a term was not finite or beyond 2⁴⁰.
    var value: Double { isFinite ? Double(units) * Self.unit : .nan }
}
