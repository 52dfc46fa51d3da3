import Tensors

/// The line through any number of states that explains most of how they differ from the first one. Source: RELEX
/// (arXiv 2605.21468).
///
/// For each tensor the changes of states 1 … T from state 0 are the rows of a matrix D; v is its first right singular
/// vector, c_t the coefficient of row t on v, and a least-squares line with intercept goes through (step_t, c_t). The
/// prediction is state 0 plus the line's value times v. With u the first eigenvector of the T × T matrix D Dᵀ and λ its
/// eigenvalue, v = Dᵀ u / √λ and c = √λ u: so the prediction is a sum of the states, and no more than a few rows of D
/// are ever in memory.
public struct RankOneLine: StateCombiner {
    public let name = "rank1"
    public let fewestStates = 3

    public init() {}

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
