import Foundation

extension DefaultStringInterpolation {
    /// A number with a fixed count of decimals and a point, whatever the locale.
    public mutating func appendInterpolation(_ value: Double, decimals: Int) {
        appendLiteral(String(format: "%.\(decimals)f", value))
    }

    /// As above, without zeros at the end.
    public mutating func appendInterpolation(trimmed value: Double, decimals: Int) {
        var text = "\(value, decimals: decimals)"
        guard decimals > 0 else { return appendLiteral(text) }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        appendLiteral(text)
    }

    /// A whole number with commas between groups of three digits.
    public mutating func appendInterpolation(grouped value: Int) {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        appendLiteral((value < 0 ? "-" : "") + groups.joined(separator: ","))
    }
}
