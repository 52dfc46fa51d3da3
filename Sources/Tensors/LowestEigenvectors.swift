import Foundation

/// The lowest eigenvalues and their eigenvectors of a large sparse matrix that has no negative eigenvalue.
///
/// Inverse iteration on a block of vectors with a Rayleigh–Ritz step in each round (Parlett, The Symmetric Eigenvalue
/// Problem, 14.4); the shift follows the eigenvalues found. A block holds every repetition of an eigenvalue, so none is
/// missed that fits into it.
public struct LowestEigenvectors: Sendable {
    /// Rising.
    public private(set) var values: [Double]
    /// Orthonormal, one for each value; of arbitrary sign and basis where values coincide.
    public private(set) var vectors: [[Double]]

    /// ‖Ax − λx‖ of unit vectors that count as found.
    private static let tolerance = 1e-12
    private static let roundLimit = 200
    /// After so many rounds the values are known well enough to see that a block is too small: the lowest eigenvalues
    /// of a network of a thousand layers lie so close that dozens count as one.
    private static let roundsToSeeTheWidth = 32
    private static let blockSize = 24

    /// - Parameters:
    ///   - count: eigenvalues wanted; more are returned where the last of them is repeated.
    ///   - gap: eigenvalues this close are one.
    ///   - ceiling: eigenvalues of no less are not wanted.
    /// - Returns: nil if the iteration does not converge.
    public init?(_ matrix: SparseSymmetricMatrix, count: Int, gap: Double, below ceiling: Double) {
        let order = matrix.bandOrder()
        let ordered = matrix.reordered(order)
        var width = Self.blockSize
        while width * 3 < matrix.size {
            guard var iteration = BlockIteration(ordered, width: width) else { return nil }
            for round in 0..<Self.roundLimit {
                guard iteration.step(adjustingShift: round % 4 == 3, wanted: count) else { return nil }
                guard let wanted = Self.wanted(iteration.values, count, gap, ceiling) else {
                    if round >= Self.roundsToSeeTheWidth { break }
                    continue
                }
                guard iteration.residual(of: wanted) <= Self.tolerance else { continue }
                values = Array(iteration.values[..<wanted])
                vectors = (0..<wanted).map { number in
                    var vector = [Double](repeating: 0, count: matrix.size)
                    for (new, old) in order.enumerated() { vector[old] = iteration.block[number * matrix.size + new] }
                    return vector
                }
                return
            }
            width *= 2
        }
        return nil
    }

    /// How many of the block's values are asked for; nil where a larger block must tell.
    private static func wanted(_ values: [Double], _ count: Int, _ gap: Double, _ ceiling: Double) -> Int? {
        var wanted = values.prefix(count).count { $0 < ceiling }
        guard wanted > 0 else { return nil }
        while wanted < values.count, values[wanted] < ceiling, values[wanted] - values[wanted - 1] < 2 * gap {
            wanted += 1
        }
        return wanted < values.count ? wanted : nil
    }
}

private struct BlockIteration {
    private let matrix: SparseSymmetricMatrix
    private let width: Int
    private var factor: BandCholesky
    private var shift = 1e-2
    /// Vectors one behind the other.
    private(set) var block: [Double]
    private(set) var values: [Double] = []

    init?(_ matrix: SparseSymmetricMatrix, width: Int) {
        guard let factor = BandCholesky(matrix.adding(1e-2).rows) else { return nil }
        (self.matrix, self.width, self.factor) = (matrix, width, factor)
        var random = SeededRandom(seed: 1, purpose: .trials)
        block = (0..<(width * matrix.size)).map { _ in Double(random.normal()) }
    }

    /// One round. The shift follows the largest value that is wanted, so that the block gains on what is outside it.
    mutating func step(adjustingShift: Bool, wanted: Int) -> Bool {
        if adjustingShift {
            let better = max(values[min(wanted, width) - 1], 1e-8)
            if better < shift / 2 || better > shift * 2 {
                guard let factor = BandCholesky(matrix.adding(better).rows) else { return false }
                (self.factor, shift) = (factor, better)
            }
        }
        factor.solve(&block)
        guard orthonormalize(), orthonormalize() else { return false }
        let image = matrix.times(block)
        var projected = [Double](repeating: 0, count: width * width)
        for a in 0..<width {
            for b in 0...a {
                projected[a * width + b] = dot(block, a, image, b)
                projected[b * width + a] = projected[a * width + b]
            }
        }
        guard let eigen = SymmetricEigen(projected, size: width) else { return false }
        values = eigen.values
        rotate(by: eigen.vectors)
        return true
    }

    /// ‖Ax − λx‖, the largest of the first vectors.
    func residual(of count: Int) -> Double {
        let size = matrix.size
        let image = matrix.times(Array(block[..<(count * size)]))
        return (0..<count).reduce(0) { largest, number in
            let sum = (0..<size).reduce(0.0) { sum, row in
                let difference = image[number * size + row] - values[number] * block[number * size + row]
                return sum + difference * difference
            }
            return max(largest, sum.squareRoot())
        }
    }

    private func dot(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Double {
        let (size, from, other) = (matrix.size, i * matrix.size, j * matrix.size)
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0.0
                for row in 0..<size { sum += a[from + row] * b[other + row] }
                return sum
            }
        }
    }

    private mutating func orthonormalize() -> Bool {
        for a in 0..<width {
            for b in 0..<a { add(b, to: a, times: -dot(block, a, block, b)) }
            let length = dot(block, a, block, a).squareRoot()
            guard length > 0, length.isFinite else { return false }
            add(a, to: a, times: 1 / length - 1)
        }
        return true
    }

    private mutating func add(_ other: Int, to column: Int, times factor: Double) {
        let size = matrix.size
        block.withUnsafeMutableBufferPointer { block in
            for row in 0..<size { block[column * size + row] += factor * block[other * size + row] }
        }
    }

    private mutating func rotate(by vectors: [[Double]]) {
        let size = matrix.size
        var rotated = [Double](repeating: 0, count: block.count)
        for (number, vector) in vectors.enumerated() {
            for (old, share) in vector.enumerated() {
                rotated.withUnsafeMutableBufferPointer { rotated in
                    for row in 0..<size { rotated[number * size + row] += share * block[old * size + row] }
                }
            }
        }
        block = rotated
    }
}
