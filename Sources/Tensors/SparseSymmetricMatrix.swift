/// A symmetric matrix by the entries that are not zero.
public struct SparseSymmetricMatrix: Sendable {
    /// Of each row, both triangles: column and value.
    public let rows: [[(column: Int, value: Double)]]

    public init(_ rows: [[(column: Int, value: Double)]]) { self.rows = rows }

    public var size: Int { rows.count }

    /// Row-major.
    public var dense: [Double] {
        var matrix = [Double](repeating: 0, count: size * size)
        for (row, entries) in rows.enumerated() {
            for (column, value) in entries { matrix[row * size + column] = value }
        }
        return matrix
    }

    /// - Parameter columns: vectors one behind the other.
    func times(_ columns: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: columns.count)
        for start in stride(from: 0, to: columns.count, by: size) {
            for (row, entries) in rows.enumerated() {
                var sum = 0.0
                for (column, value) in entries { sum += value * columns[start + column] }
                result[start + row] = sum
            }
        }
        return result
    }

    func adding(_ shift: Double) -> SparseSymmetricMatrix {
        SparseSymmetricMatrix(
            rows.enumerated().map { row, entries in
                entries.map { ($0.column, $0.value + ($0.column == row ? shift : 0)) }
            })
    }

    func reordered(_ order: [Int]) -> SparseSymmetricMatrix {
        var place = [Int](repeating: 0, count: size)
        for (new, old) in order.enumerated() { place[old] = new }
        return SparseSymmetricMatrix(order.map { old in rows[old].map { (place[$0.column], $0.value) } })
    }

    /// An order of rows that brings entries near the diagonal. Source: reverse Cuthill–McKee (Cuthill and McKee 1969).
    func bandOrder() -> [Int] {
        var order: [Int] = []
        var isPlaced = [Bool](repeating: false, count: size)
        for start in rows.indices.sorted(by: { (rows[$0].count, $0) < (rows[$1].count, $1) }) where !isPlaced[start] {
            let far = breadthFirst(from: breadthFirst(from: start).last!).last!
            let component = breadthFirst(from: far)
            for row in component { isPlaced[row] = true }
            order += component
        }
        return order.reversed()
    }

    /// The rows that are joined to one, near ones first, those with few entries before their neighbours.
    private func breadthFirst(from start: Int) -> [Int] {
        var order = [start]
        var isSeen: Set<Int> = [start]
        var next = 0
        while next < order.count {
            let found = rows[order[next]].map(\.column).filter { isSeen.insert($0).inserted }
            order += found.sorted { (rows[$0].count, $0) < (rows[$1].count, $1) }
            next += 1
        }
        return order
    }
}
