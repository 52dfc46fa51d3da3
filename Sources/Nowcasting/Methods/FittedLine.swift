/// A step from the newest state whose two sizes are fitted, for every tensor, to what came of such steps before:
/// towards the mean of the last three states, by α, and along their slope, by β. Where states are noise α comes near 1
/// and β near 0; where they drift, the other way round.
///
/// α and β are the least-squares solution over all earlier states from which the same horizon ends at a known one.
/// Where there are none, the newest state stays.
public struct FittedLine: StateCombiner {
    public let name = "fitted"

    /// States that a step is made from.
    private static let window = 3
    /// Share of the features' squares that is added to them: a fit to few states shrinks towards no step.
    private static let ridge = 0.05

    public init() {}

    public func coefficients(times: [Double], products: [Double], at time: Double) -> [Double] {
        let newest = times.count - 1
        let distance = time - times[newest]
        // Normal equations: squares and product of the features, and their products with what came.
        var (aa, ab, bb, ay, by) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for start in (Self.window - 1)..<newest {
            guard let target = Self.state(distance, after: start, of: times) else { continue }
            let (mean, slope) = Self.features(times, newest: start, distance: distance)
            var truth = [Double](repeating: 0, count: times.count)
            (truth[start], truth[target]) = (-1, 1)
            aa += Self.product(mean, mean, products)
            ab += Self.product(mean, slope, products)
            bb += Self.product(slope, slope, products)
            ay += Self.product(mean, truth, products)
            by += Self.product(slope, truth, products)
        }
        let (a, b) = (aa * (1 + Self.ridge), bb * (1 + Self.ridge))
        let determinant = a * b - ab * ab
        var result = [Double](repeating: 0, count: times.count)
        result[newest] = 1
        guard determinant > 0 else { return result }
        let (alpha, beta) = ((ay * b - by * ab) / determinant, (by * a - ay * ab) / determinant)
        let (mean, slope) = Self.features(times, newest: newest, distance: distance)
        for state in times.indices { result[state] += alpha * mean[state] + beta * slope[state] }
        return result
    }

    /// Only to distances at which earlier states followed each other.
    public func canForecast(from times: [Double], at time: Double) -> Bool {
        let (newest, distance) = (times.count - 1, time - times[times.count - 1])
        return ((Self.window - 1)..<newest).contains { Self.state(distance, after: $0, of: times) != nil }
    }

    /// The state that lies so far behind another, if there is one; distances may be a little off.
    private static func state(_ distance: Double, after start: Int, of times: [Double]) -> Int? {
        times.indices.first { $0 > start && abs(times[$0] - times[start] - distance) < 1e-6 * distance }
    }

    /// From the newest state to the mean of the last three; along their slope over the distance. As sums of states.
    private static func features(_ times: [Double], newest: Int, distance: Double) -> (mean: [Double], slope: [Double])
    {
        let last = Array((newest + 1 - window)...newest)
        let own = last.map { times[$0] }
        let here = LineFit.coefficients(times: own, at: own[window - 1])
        let ahead = LineFit.coefficients(times: own, at: own[window - 1] + distance)
        var mean = [Double](repeating: 0, count: times.count)
        var slope = mean
        for (place, state) in last.enumerated() {
            mean[state] = 1 / Double(window) - (state == newest ? 1 : 0)
            slope[state] = ahead[place] - here[place]
        }
        return (mean, slope)
    }

    /// Of two sums of changes, whose weights add up to 0.
    private static func product(_ a: [Double], _ b: [Double], _ products: [Double]) -> Double {
        let size = a.count - 1
        return (0..<size).reduce(0) { sum, row in
            guard a[row + 1] != 0 else { return sum }
            return sum + a[row + 1] * (0..<size).reduce(0) { $0 + products[row * size + $1] * b[$1 + 1] }
        }
    }
}
