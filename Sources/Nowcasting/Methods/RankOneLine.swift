import NeuralGraphs
import Tensors

/// The line through any number of states that explains most of how they differ from the first one. Source: RELEX
/// (arXiv 2605.21468).
///
/// For each tensor the changes of states 1 … T from state 0 are the rows of a matrix D; v is its first right singular
/// vector, c_t the coefficient of row t on v, and a least-squares line with intercept goes through (step_t, c_t). The
/// prediction is state 0 plus the line's value times v. With u the first eigenvector of the T × T matrix D Dᵀ and λ its
/// eigenvalue, v = Dᵀ u / √λ and c = √λ u: so the prediction is a sum of the states, and no more than a few rows of D
/// are ever in memory.
public struct RankOneLine: Nowcaster {
    public let name = "rank1"
    /// Of the states, in steps; rising.
    public let steps: [Int]

    /// Of five states, one apart.
    public init() {
        steps = Array(0..<StateHistory.contextLength)
    }

    /// - Throws: `setting` for fewer than three steps, or steps that do not rise.
    public init(steps: [Int]) throws(NowcastError) {
        let text = steps.map(String.init).joined(separator: ",")
        guard steps.count >= 3 else {
            throw .setting(name: "steps", expected: "at least three, of the base and two states", found: text)
        }
        guard zip(steps, steps.dropFirst()).allSatisfy(<) else {
            throw .setting(name: "steps", expected: "rising numbers", found: text)
        }
        self.steps = steps
    }

    /// - Parameter horizons: in steps after the last state.
    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        try check(horizons, for: sinks)
        let products = try ChangeProducts(source, states: steps.count, options)
        let times = steps.map(Double.init)
        // [parameters][horizons][states].
        let coefficients = products.matrices.map { matrix in
            horizons.map { self.coefficients(times: times, products: matrix, at: times[times.count - 1] + Double($0)) }
        }
        return try StateCombination { coefficients[$0] }.run(source, into: sinks, options)
    }
}

extension RankOneLine: StateCombiner {
    public func coefficients(times: [Double], products: [Double], at time: Double) -> [Double] {
        let count = times.count - 1
        var own = [Double](repeating: 0, count: count)
        if let eigen = SymmetricEigen(products, size: count), let largest = eigen.values.last, largest > 0 {
            let (u, root) = (eigen.vectors[count - 1], largest.squareRoot())
            let weights = LineFit.coefficients(times: Array(times.dropFirst()), at: time)
            let value = zip(weights, u).reduce(0) { $0 + $1.0 * $1.1 * root }
            own = u.map { value * $0 / root }
        }
        return [1 - own.reduce(0, +)] + own
    }
}
