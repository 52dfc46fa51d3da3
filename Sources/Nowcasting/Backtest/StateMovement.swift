/// What moves the weights from state to state, told from how their squared distance grows with the time between them:
/// noise 2N adds the same to any distance, a random walk W·t, a straight way V·t². The three are fitted to all pairs of
/// states, none of them negative.
public struct StateMovement: Codable, Sendable, Equatable {
    /// Shares of the squared distance of neighbours; they add up to 1.
    /// What differs from state to state and does not stay: a mean takes it out.
    public let noise: Double
    /// What stays and has no direction.
    public let walk: Double
    /// What goes on in one direction: what a forecast can follow.
    public let drift: Double

    /// - Parameters:
    ///   - distances: squared, of state i to state j: [states][states].
    ///   - times: of the states.
    /// - Returns: nil if no state differs from another.
    init?(distances: [[Double]], times: [Double]) {
        let spacing = (times[times.count - 1] - times[0]) / Double(times.count - 1)
        var points: [(time: Double, distance: Double)] = []
        for i in times.indices {
            for j in times.indices where i < j && distances[i][j] > 0 {
                points.append(((times[j] - times[i]) / spacing, distances[i][j]))
            }
        }
        guard !points.isEmpty, let fit = Self.fit(points) else { return nil }
        let sum = fit.reduce(0, +)
        guard sum > 0 else { return nil }
        (noise, walk, drift) = (fit[0] / sum, fit[1] / sum, fit[2] / sum)
    }

    /// The combination Σ c_p t^p, p = 0 … 2, with no negative coefficient, of the least squared relative error: the
    /// best of the least-squares fits of all subsets of the powers that has none.
    private static func fit(_ points: [(time: Double, distance: Double)]) -> [Double]? {
        var best: (residual: Double, coefficients: [Double])?
        for subset in 1..<8 {
            let powers = (0..<3).filter { subset >> $0 & 1 == 1 }
            let rows = points.map { point in powers.map { power(point.time, $0) / point.distance } }
            guard let found = solve(rows), found.allSatisfy({ $0 >= 0 }) else { continue }
            let residual = rows.reduce(0) { sum, row in
                let difference = zip(row, found).reduce(-1) { $0 + $1.0 * $1.1 }
                return sum + difference * difference
            }
            // A larger subset must be worth it: with equal residuals the smaller one came first.
            guard residual < best?.residual ?? .infinity else { continue }
            var coefficients = [0.0, 0, 0]
            for (power, value) in zip(powers, found) { coefficients[power] = value }
            best = (residual, coefficients)
        }
        return best?.coefficients
    }

    private static func power(_ time: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * time }
    }

    /// The least-squares solution x of rows · x = 1, by Gauss elimination of the normal equations; nil if they have
    /// none that is unique.
    private static func solve(_ rows: [[Double]]) -> [Double]? {
        let count = rows[0].count
        var matrix = (0..<count).map { i in
            (0..<count).map { j in rows.reduce(0) { $0 + $1[i] * $1[j] } } + [rows.reduce(0) { $0 + $1[i] }]
        }
        let scale = (0..<count).map { matrix[$0][$0] }
        for pivot in 0..<count {
            guard matrix[pivot][pivot] > 1e-12 * scale[pivot] else { return nil }
            for row in 0..<count where row != pivot {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                for column in pivot...count { matrix[row][column] -= factor * matrix[pivot][column] }
            }
        }
        return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
    }
}
