import Foundation

/// Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten that enclose a range.
public struct AxisTicks: Equatable, Sendable {
    /// Ascending; the first is at or below the range, the last at or above it.
    public let values: [Double]
    /// Decimals that tell neighbours apart.
    public let decimals: Int

    public var range: ClosedRange<Double> {
        values[0]...values[values.count - 1]
    }

    private static let largest = 1e300

    /// - Parameter intervals: about how many there should be.
    public init(enclosing range: ClosedRange<Double>, intervals: Int) {
        // Beyond it the width of a range is infinite.
        var low = min(max(range.lowerBound, -Self.largest), Self.largest)
        var high = min(max(range.upperBound, -Self.largest), Self.largest)
        if high - low < 1e-9 * max(abs(low), abs(high), 1e-9) {
            let margin = max(abs(low) * 0.05, 1e-3)
            low -= margin
            high += margin
        }
        let rough = (high - low) / Double(intervals)
        let power = pow(10, floor(log10(rough)))
        let factor = [1.0, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
        let step = factor * power
        // Without the slack, 0.3 / 0.1 = 2.999… would start one tick too low.
        let first = Int(floor(low / step + 1e-6))
        let last = Int(ceil(high / step - 1e-6))
        values = (first...max(last, first + 1)).map { Double($0) * step }
        decimals = max(0, -Int(floor(log10(step) + 1e-6)))
    }
}
