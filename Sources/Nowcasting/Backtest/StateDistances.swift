import Tensors

/// How far states are from each other, over all scalars, from one pass over them.
public struct StateDistances: Sendable {
    /// Products of their changes from state 0: [states][states]; those of state 0 are 0.
    public let products: [[Double]]

    /// - Throws: `stopped`; what the source throws.
    public init(_ source: some StateSource, states: Int, options: NowcastOptions = NowcastOptions()) throws {
        let changes = try ChangeProducts(source, states: states, options)
        let unit = { (state: Int) in (0..<states).map { $0 == state ? 1.0 : 0 } }
        products = (0..<states).map { row in
            (0..<states).map { column in
                changes.matrices.indices.reduce(0) { $0 + changes.product(unit(row), unit(column), of: $1) }
            }
        }
    }

    /// ‖state − state 0‖.
    public func length(of state: Int) -> Double { products[state][state].squareRoot() }

    /// Of the changes of two states from state 0; nil if one of them is none.
    public func cosine(_ first: Int, _ second: Int) -> Double? {
        let lengths = length(of: first) * length(of: second)
        return lengths > 0 ? products[first][second] / lengths : nil
    }

    /// The states in the plane that shows most of their squared distances (classical scaling), state 0 at the origin.
    public var plane: [(x: Double, y: Double)] {
        guard let axes else { return products.map { _ in (0, 0) } }
        let places = products.indices.map { state in (x: axes.place(state, 0), y: axes.place(state, 1)) }
        return places.map { ($0.x - places[0].x, $0.y - places[0].y) }
    }

    /// Of the squared distances, what that plane shows.
    public var shareInPlane: Double {
        guard let axes else { return 1 }
        let all = axes.values.reduce(0, +)
        return all > 0 ? (axes.values[0] + axes.values[1]) / all : 1
    }

    private struct Axes {
        /// Falling, none negative.
        let values: [Double]
        let vectors: [[Double]]

        func place(_ state: Int, _ axis: Int) -> Double { vectors[axis][state] * values[axis].squareRoot() }
    }

    /// Of the products of the states' distances from their mean.
    private var axes: Axes? {
        let count = products.count
        let means = products.map { $0.reduce(0, +) / Double(count) }
        let mean = means.reduce(0, +) / Double(count)
        let centred = (0..<count).flatMap { row in
            (0..<count).map { products[row][$0] - means[row] - means[$0] + mean }
        }
        guard count >= 2, let eigen = SymmetricEigen(centred, size: count) else { return nil }
        return Axes(values: eigen.values.reversed().map { max(0, $0) }, vectors: eigen.vectors.reversed())
    }
}
