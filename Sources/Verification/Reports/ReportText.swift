import Foundation

/// Numbers and counts as the reports write them.
enum ReportText {
    /// A relative error: one digit and a power of ten.
    static func error(_ value: Double) -> String {
        guard value.isFinite else { return "not finite" }
        return value == 0 ? "0" : String(format: "%.0e", value)
    }

    /// 1,234,567
    static func count(_ value: Int) -> String {
        var digits = String(value)
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
            index -= 3
        }
        return digits
    }
}
