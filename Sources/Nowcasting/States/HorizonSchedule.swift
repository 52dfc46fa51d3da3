import Glibc

/// How far ahead to predict as training goes on: far at first, near at the end. Source: nino-model.md 1,
/// neural-graphs.md 2.
public struct HorizonSchedule: Sendable, Equatable {
    /// Optimizer steps from one nowcast to the next.
    public let period: Int
    private let longest: Int
    /// Periods of the run.
    private let count: Int
    private let power: Double

    /// K of the released networks.
    public static let longestDefault = 40
    /// Of the paper. Source: nino-model.md 1.
    public static let standardPeriod = 1000
    /// Beyond every horizon, and still a machine integer.
    private static let largest = 0x1p62

    /// - Parameters:
    ///   - longest: K, the horizon of the first period.
    ///   - maxTrainSteps: length of the whole run in optimizer steps.
    ///   - power: p; square roots are evenly spaced for 2.
    public init(longest: Int = longestDefault, period: Int, maxTrainSteps: Int, power: Double = 2) {
        precondition(
            longest >= 1 && period >= 1, "expected a positive horizon and period, found \(longest) and \(period)")
        (self.longest, self.period, self.power) = (longest, period, power)
        count = max(1, maxTrainSteps / period)
    }

    /// Computed anew each time: a table of a long run of short periods would have billions of entries.
    ///
    /// - Parameter step: optimizer steps completed before this one.
    public func horizon(atStep step: Int) -> Int {
        precondition(step >= 0, "expected a step of at least 0, found \(step)")
        let index = min(count - 1, step / period)
        let start = pow(Double(longest), 1 / power)
        let root = count == 1 ? start : start + (1 - start) * Double(index) / Double(count - 1)
        return Int(min(pow(root, power), Self.largest).rounded(.toNearestOrEven))
    }
}
