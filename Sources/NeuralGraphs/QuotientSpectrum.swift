import Tensors

/// Eigenvalues and eigenvectors of the normalized Laplacian's quotient by an equitable partition.
struct QuotientSpectrum {
    let partition: EquitablePartition
    /// Rising.
    let values: [Double]
    /// `vectors[i]` belongs to `values[i]`: one number a cell, unit norm, canonical inside repeated eigenvalues.
    private(set) var vectors: [[Double]]

    /// Neighbouring eigenvalues this close count as one. Source: neural-graphs.md 8.1 (4).
    private static let repeatedTolerance = 1e-8
    /// A projected cell shorter than this gives no new direction. Source: neural-graphs.md 8.1 (4).
    private static let projectionTolerance = 1e-3
    /// Only eigenvalues below 1 by this much enter the encoding. Source: neural-graphs.md 8.1 (5).
    private static let unitTolerance = 1e-6
    /// Magnitudes this close to the largest count as largest. Source: neural-graphs.md 8.1 (6).
    private static let signTolerance = 1e-6

    /// Up to so many cells all eigenvectors are computed, beyond only those that an encoding can use: time grows with
    /// the cube of the cells there, here with their number.
    static let denseLimit = 512

    /// - Parameter lowest: how many of the lowest eigenvalues are needed; a large graph has no others.
    init(_ partition: EquitablePartition, lowest: Int, denseLimit: Int = Self.denseLimit) throws(NeuralGraphError) {
        self.partition = partition
        let laplacian = Self.laplacian(partition)
        if laplacian.size > denseLimit,
            let eigen = LowestEigenvectors(
                laplacian, count: lowest, gap: Self.repeatedTolerance, below: 1 - Self.unitTolerance)
        {
            (values, vectors) = (eigen.values, eigen.vectors)
        } else if let eigen = SymmetricEigen(laplacian.dense, size: laplacian.size) {
            (values, vectors) = (eigen.values, eigen.vectors)
        } else {
            throw .eigenvectors(cells: laplacian.size)
        }
        makeRepeatedCanonical()
    }

    /// L = I − c_ab √(n_a/n_b) / √(d_a d_b), made symmetric.
    private static func laplacian(_ partition: EquitablePartition) -> SparseSymmetricMatrix {
        let sizes = partition.sizes.map(Double.init)
        let degrees = partition.neighbours.map { max(1, Double($0.values.reduce(0, +))) }
        func half(_ a: Int, _ b: Int) -> Double {
            Double(partition.neighbours[a][b] ?? 0) * (sizes[a] / sizes[b]).squareRoot()
                / (degrees[a] * degrees[b]).squareRoot()
        }
        return SparseSymmetricMatrix(
            partition.neighbours.enumerated().map { cell, neighbours in
                Set(neighbours.keys).union([cell]).sorted().map { other in
                    let joined =
                        (half(max(cell, other), min(cell, other)) + half(min(cell, other), max(cell, other))) / 2
                    return (other, (cell == other ? 1 : 0) - joined)
                }
            })
    }

    private mutating func makeRepeatedCanonical() {
        var start = 0
        while start < values.count {
            var end = start + 1
            while end < values.count, values[end] - values[end - 1] < Self.repeatedTolerance { end += 1 }
            if end - start > 1 {
                vectors.replaceSubrange(start..<end, with: Self.canonicalBasis(of: vectors[start..<end]))
            }
            start = end
        }
    }

    /// Projects the cells one by one onto the space and keeps what is new: a basis that depends on the space alone.
    private static func canonicalBasis(of space: ArraySlice<[Double]>) -> [[Double]] {
        var basis: [[Double]] = []
        for cell in space[space.startIndex].indices where basis.count < space.count {
            var direction = [Double](repeating: 0, count: space[space.startIndex].count)
            for vector in space { direction.add(vector, times: vector[cell]) }
            for vector in basis { direction.add(vector, times: -dot(direction, vector)) }
            let length = dot(direction, direction).squareRoot()
            if length > projectionTolerance { basis.append(direction.map { $0 / length }) }
        }
        return basis
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Columns of the encoding: the value at every node of a cell, one number a cell, lifted to unit norm over the
    /// nodes.
    func encodingColumns(atMost limit: Int) -> [[Double]] {
        let used = values.indices.dropFirst().filter { values[$0] < 1 - Self.unitTolerance }.prefix(limit)
        return used.map { index in
            let column = zip(vectors[index], partition.sizes).map { $0 / Double($1).squareRoot() }
            let largest = column.reduce(0) { max($0, abs($1)) }
            // Cells are numbered by their lowest node, so the first such cell holds the lowest such node.
            let leading = column.first { abs($0) >= largest * (1 - Self.signTolerance) } ?? 0
            return leading < 0 ? column.map(-) : column
        }
    }
}

extension [Double] {
    fileprivate mutating func add(_ other: [Double], times factor: Double) {
        for index in indices { self[index] += factor * other[index] }
    }
}
