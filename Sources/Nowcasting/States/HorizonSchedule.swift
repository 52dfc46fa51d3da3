import Glibc

/// How far ahead to predict as training goes on: far at first, near at the end. Source: nino-model.md 1,
/// neural-graphs.md 2.
public struct HorizonSchedule: Sendable, Equatable {
    /// Horizon of each period.
    public let horizons: [Int]
    /// Optimizer steps from one nowcast to the next.
    public let period: Int

    /// K of the released networks.
    public static let longestDefault = 40
    /// Of the paper. Source: nino-model.md 1.
    public static let standardPeriod = 1000

    /// - Parameters:
    ///   - longest: K, the horizon of the first period.
    ///   - maxTrainSteps: length of the whole run in optimizer steps.
    ///   - power: p; square roots are evenly spaced for 2.
    public init(longest: Int = longestDefault, period: Int, maxTrainSteps: Int, power: Double = 2) {
        precondition(
            longest >= 1 && period >= 1, "expected a positive horizon and period, found \(longest) and \(period)")
        let count = max(1, maxTrainSteps / period)
        let start = pow(Double(longest), 1 / power)
        horizons = (0..<count).map { index in
            let root = count == 1 ? start : start + (1 - start) * Double(index) / Double(count - 1)
            return Int(pow(root, power).rounded(.toNearestOrEven))
        }
        self.period = period
    }

    /// - Parameter step: optimizer steps completed before this one.
    public func horizon(atStep step: Int) -> Int {
        precondition(step >= 0, "expected a step of at least 0, found \(step)")
        return horizons[min(horizons.count - 1, step / period)]
    }
}
