/// A matrix in double precision, for products of weights that are taken once, before any edge is seen.
struct FoldingMatrix {
    let rows: Int
    let columns: Int
    /// Row-major.
    var values: [Double]

    init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "\(rows) x \(columns) matrix of \(values.count) numbers")
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    /// Rows and columns of a layer's weight.
    init(_ layer: LinearLayer, rows: Range<Int>? = nil, columns: Range<Int>? = nil) {
        let (rows, columns) = (rows ?? 0..<layer.outputs, columns ?? 0..<layer.inputs)
        let values = rows.flatMap { row in columns.map { Double(layer.weight[row * layer.inputs + $0]) } }
        self.init(rows: rows.count, columns: columns.count, values: values)
    }

    static func * (a: FoldingMatrix, b: FoldingMatrix) -> FoldingMatrix {
        precondition(a.columns == b.rows, "product of \(a.rows) x \(a.columns) and \(b.rows) x \(b.columns)")
        var product = FoldingMatrix(
            rows: a.rows, columns: b.columns, values: [Double](repeating: 0, count: a.rows * b.columns))
        product.values.withUnsafeMutableBufferPointer { out in
            a.values.withUnsafeBufferPointer { a_ in
                b.values.withUnsafeBufferPointer { b_ in
                    for i in 0..<a.rows {
                        for k in 0..<a.columns {
                            let factor = a_[i * a.columns + k]
                            for j in 0..<b.columns { out[i * b.columns + j] += factor * b_[k * b.columns + j] }
                        }
                    }
                }
            }
        }
        return product
    }

    static func * (a: FoldingMatrix, x: [Double]) -> [Double] {
        (0..<a.rows).map { row in x.indices.reduce(0) { $0 + a.values[row * a.columns + $1] * x[$1] } }
    }

    /// Columns as rows, in float32: what a product with rows from the left, x · Wᵀ, takes.
    var transposed: [Float] {
        (0..<columns).flatMap { column in (0..<rows).map { Float(values[$0 * columns + column]) } }
    }
}

extension [Double] {
    /// Element by element.
    func plus(_ other: some Collection<Double>) -> [Double] {
        precondition(count == other.count, "sum of \(count) and \(other.count) numbers")
        return zip(self, other).map { $0.0 + $0.1 }
    }
    init(_ floats: some Sequence<Float>) { self = floats.map(Double.init) }
    var floats: [Float] { map(Float.init) }
}
