import NeuralGraphs
import Synchronization
import Tensors

/// For every tensor, the products of all pairs of changes from the first state: what any sum of the states needs to
/// have its length and its distance from others told.
struct ChangeProducts: Sendable {
    /// By parameter: [T, T], T the states but the first.
    let matrices: [[Double]]

    /// Scalars at a time: the changes of some dozens of states then fit the second-level cache.
    private static let chunk = 1 << 12

    /// One pass over the states; sums in double, in an order that depends on the sizes alone.
    ///
    /// - Throws: `stopped`; what the source throws.
    init(_ source: some StateSource, states: Int, _ options: NowcastOptions) throws {
        let parts = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: 1 << 20).map { ScalarPatch.run(index, $0) }
        }
        let count = states - 1
        let size = count * count
        let shares = options.ranks.shares(of: parts.count)
        let sums = Mutex([Double](repeating: 0, count: parts.count * size))
        options.observer?.began(.products, edges: source.parameters.count)
        try TaskRunner().forEach(Array(shares[options.ranks.rank])) { index, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            var products = [Double](repeating: 0, count: size)
            for piece in (0..<parts[index].columns).pieces(of: Self.chunk) {
                let first = parts[index].first + piece.lowerBound
                let patch = ScalarPatch.run(parts[index].parameter, first..<(first + piece.count))
                try Self.add(patch, source, states: states, to: &products, scratch)
            }
            sums.withLock { $0.replaceSubrange((index * size)..<((index + 1) * size), with: products) }
            options.observer?.finished(edges: parts[index].columns, of: .products)
        }
        var matrices = source.parameters.entries.map { _ in [Double](repeating: 0, count: size) }
        try sums.withLock { sums in
            try options.ranks.allGather(&sums, shares.map { ($0.lowerBound * size)..<($0.upperBound * size) })
            for (part, patch) in parts.enumerated() {
                for index in 0..<size { matrices[patch.parameter][index] += sums[part * size + index] }
            }
        }
        self.matrices = matrices
    }

    private static func add(
        _ patch: ScalarPatch, _ source: some StateSource, states: Int, to products: inout [Double],
        _ scratch: TileScratch
    ) throws {
        let (rows, columns) = (states - 1, patch.columns)
        let values = scratch.floats(.channels, states * columns)
        let changes = UnsafeMutableRawPointer(scratch.floats(.hidden, 2 * rows * columns)).assumingMemoryBound(
            to: Double.self)
        for state in 0..<states {
            try source.read(patch, state: state, into: values + state * columns, stride: columns)
        }
        for row in 0..<rows {
            let state = values + (row + 1) * columns
            for column in 0..<columns {
                changes[row * columns + column] = Double(state[column]) - Double(values[column])
            }
        }
        products.withUnsafeMutableBufferPointer { products in
            serialGemm(
                transposeB: true, m: rows, n: rows, k: columns, changes, lda: columns, changes, ldb: columns, beta: 1,
                products.baseAddress!, ldc: rows)
        }
    }

    /// The products of the changes of some states from the first of them: [n, n] row by row, for n + 1 states.
    func among(_ states: ClosedRange<Int>, of parameter: Int) -> [Double] {
        let matrix = matrices[parameter]
        let size = Int(Double(matrix.count).squareRoot().rounded())
        /// Of the changes from state 0.
        func product(_ a: Int, _ b: Int) -> Double { a == 0 || b == 0 ? 0 : matrix[(a - 1) * size + b - 1] }
        let first = states.lowerBound
        return states.dropFirst().flatMap { a in
            states.dropFirst().map { b in
                product(a, b) - product(a, first) - product(first, b) + product(first, first)
            }
        }
    }

    /// a · b for sums of the states whose weights, in `a` and `b`, are those of changes from one state.
    func product(_ a: [Double], _ b: [Double], of parameter: Int) -> Double {
        let (matrix, size) = (matrices[parameter], a.count - 1)
        var sum = 0.0
        for row in 0..<size where a[row + 1] != 0 {
            var line = 0.0
            for column in 0..<size { line += matrix[row * size + column] * b[column + 1] }
            sum += a[row + 1] * line
        }
        return sum
    }

    /// a · a, which rounding must not take below zero.
    func square(_ a: [Double], of parameter: Int) -> Double { max(0, product(a, a, of: parameter)) }
}
