/// Splits cells of units by how many neighbours they have in each cell, until any two units of a cell have equally many
/// in every cell.
///
/// One cell after the other is the splitter: only the units beside it are looked at, so that a deep network, in which
/// each split reaches no further than its neighbours, costs little more than its edges. Of a cell that falls apart all
/// parts but the largest become splitters: what the others do not count, the largest does (Hopcroft 1971).
struct PartitionRefinement {
    /// `seenFrom[a]`: units b that have unit a as neighbour, with how many of their neighbours it stands for.
    private let seenFrom: [[(unit: Int, count: Int)]]
    private var members: [[Int]]
    private var cellOfUnit: [Int]
    private var queue: [Int] = [0]
    private var isQueued: [Bool] = [true]

    /// - Parameter neighbours: of each unit, how many neighbours it has in each unit.
    /// - Returns: the cell of each unit, numbered in order of first appearance.
    static func cells(_ neighbours: [[Int: Int]]) -> [Int] {
        var refinement = PartitionRefinement(neighbours)
        while let cell = refinement.queue.popLast() {
            refinement.isQueued[cell] = false
            refinement.split(by: cell)
        }
        var numbers: [Int: Int] = [:]
        return refinement.cellOfUnit.map { cell in
            let number = numbers[cell] ?? numbers.count
            numbers[cell] = number
            return number
        }
    }

    private init(_ neighbours: [[Int: Int]]) {
        var seenFrom = [[(unit: Int, count: Int)]](repeating: [], count: neighbours.count)
        for (unit, counts) in neighbours.enumerated() {
            for (other, count) in counts { seenFrom[other].append((unit, count)) }
        }
        self.seenFrom = seenFrom
        members = [Array(neighbours.indices)]
        cellOfUnit = Array(repeating: 0, count: neighbours.count)
    }

    private mutating func split(by splitter: Int) {
        var counts: [Int: Int] = [:]
        for unit in members[splitter] {
            for (other, count) in seenFrom[unit] { counts[other, default: 0] += count }
        }
        var touched: [Int: [Int: [Int]]] = [:]
        for (unit, count) in counts { touched[cellOfUnit[unit], default: [:]][count, default: []].append(unit) }
        // In an order that no hash decides, so that a run is the same run every time.
        for (cell, unitsOfCount) in touched.sorted(by: { $0.key < $1.key }) {
            split(cell, unitsOfCount.sorted { $0.key < $1.key }.map(\.value))
        }
    }

    /// - Parameter parts: units of a cell that are alike; what is in none is alike too.
    private mutating func split(_ cell: Int, _ parts: [[Int]]) {
        let rest = members[cell].count - parts.reduce(0) { $0 + $1.count }
        guard parts.count > 1 || rest > 0 else { return }
        var parts = parts
        if rest > 0 {
            let seen = Set(parts.joined())
            parts.append(members[cell].filter { !seen.contains($0) })
        }
        let largest = parts.indices.max { parts[$0].count < parts[$1].count }!
        members[cell] = parts[largest]
        for (number, part) in parts.enumerated() where number != largest {
            members.append(part)
            isQueued.append(true)
            queue.append(members.count - 1)
            for unit in part { cellOfUnit[unit] = members.count - 1 }
        }
    }
}
