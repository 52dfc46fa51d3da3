import CKernels
import Tensors

/// A matrix with one row a node or an edge, row-major.
struct Rows {
    let width: Int
    var values: [Float]

    var count: Int { values.count / width }

    private func row(_ index: Int) -> ArraySlice<Float> { values[(index * width)..<((index + 1) * width)] }

    /// The rows with these numbers.
    func gather(_ indices: [Int]) -> Rows {
        var gathered: [Float] = []
        gathered.reserveCapacity(indices.count * width)
        for index in indices { gathered += row(index) }
        return Rows(width: width, values: gathered)
    }

    /// Rows of `a` followed by those of `b`.
    static func joining(_ a: Rows, _ b: Rows) -> Rows {
        precondition(a.count == b.count, "\(a.count) rows beside \(b.count)")
        var values: [Float] = []
        values.reserveCapacity(a.values.count + b.values.count)
        for index in 0..<a.count {
            values += a.row(index)
            values += b.row(index)
        }
        return Rows(width: a.width + b.width, values: values)
    }

    /// Adds row `indices[i]` of a table of the same width to row i.
    mutating func add(rows indices: [Int], of table: [Float]) {
        for (row, index) in indices.enumerated() {
            for h in 0..<width { values[row * width + h] += table[index * width + h] }
        }
    }

    mutating func applySilu() {
        values.withUnsafeMutableBufferPointer { nino_silu($0.baseAddress!, $0.baseAddress!, Int64($0.count)) }
    }
}

extension LinearLayer {
    /// W x + b of every row.
    func apply(_ x: Rows) -> Rows {
        precondition(x.width == inputs, "layer of \(inputs) inputs on rows of \(x.width)")
        var y = Rows(width: outputs, values: (0..<x.count).flatMap { _ in bias })
        y.values.withUnsafeMutableBufferPointer { y in
            gemm(
                transposeB: true, m: x.count, n: outputs, k: inputs, x.values, lda: inputs, weight, ldb: inputs,
                beta: 1, y.baseAddress!, ldc: outputs)
        }
        return y
    }

    /// The same layer on its first inputs, the others being zero.
    func firstInputs(_ count: Int) -> LinearLayer {
        LinearLayer(
            outputs: outputs, inputs: count,
            weight: (0..<outputs).flatMap { weight[($0 * inputs)..<($0 * inputs + count)] }, bias: bias)
    }
}
