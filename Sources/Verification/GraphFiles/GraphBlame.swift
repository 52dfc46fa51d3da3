import NeuralGraphs
import Tensors

/// Finds the smallest set of tensors without whose edges a graph would follow a group.
struct GraphBlame {
    let edges: EdgeList
    let parameters: ParameterList
    let claims: Symmetries
    let marks: [Int]
    let units: EdgeUnits

    /// Whether some relabelling of nodes carries the graph onto that of the permuted parameters.
    /// - Parameter removed: units whose edges are left out of both.
    func follows(_ action: TensorAction, without removed: Set<Int> = []) throws(VerificationError) -> Bool {
        let identity = Array(0..<parameters.count)
        var labels = EdgeLabels()
        let isLeftOut = { removed.contains(units.unitOfEdge[$0]) }
        let before = labels.graph(edges, values: identity, marks: marks, leavingOut: isLeftOut)
        let after = labels.graph(edges, values: action.apply(toFlat: identity, parameters), marks: marks, leavingOut: isLeftOut)
        return try GraphMatching.images(of: before, in: after) != nil
    }

    /// - Returns: indices of units, empty if nothing helps.
    func smallestCause(of action: TensorAction, using random: inout SeededRandom) throws(VerificationError) -> [Int] {
        let all = units.units.indices.filter { units.units[$0].type != EdgeType.selfLoop.rawValue }
        let sizes = units.unitOfEdge.reduce(into: [Int](repeating: 0, count: units.units.count)) { $0[$1] += 1 }
        let patterns = Dictionary(grouping: all, by: units.pattern).values.sorted { $0[0] < $1[0] }
        // A single tensor, then the same tensor of all layers; the fewest edges first.
        let sets = all.map { [$0] } + patterns.filter { $0.count > 1 }
        func edgeCount(_ set: [Int]) -> Int { set.reduce(0) { $0 + sizes[$1] } }
        for set in sets.sorted(by: { ($0.count, edgeCount($0), $0[0]) < ($1.count, edgeCount($1), $1[0]) }) where try follows(action, without: Set(set)) {
            return set
        }
        // Else put tensors back while the graph still follows: what stays out is a cause, none of which could be spared.
        var best: [[Int]]?
        for attempt in 0..<8 {
            var order = patterns.sorted { edgeCount($0) > edgeCount($1) }
            if attempt > 0 { order = random.permutation(order.count).map { order[$0] } }
            var out = Set(order.joined())
            for pattern in order where try follows(action, without: out.subtracting(pattern)) { out.subtract(pattern) }
            let cause = patterns.filter { !out.isDisjoint(with: $0) }
            if best == nil || cause.count < best!.count { best = cause }
        }
        return (best ?? []).flatMap { $0 }.sorted()
    }

    /// One sentence about the edges of a tensor at fault: what its axis is, and what else moves the nodes it is attached to.
    func failure(_ unit: Int, group: String, cause: [Int]) -> Failure {
        let name = units.name(unit)
        guard let parameter = units.units[unit].parameter, let axes = claims.axes[parameters.entries[parameter].name] else {
            return Failure(proof: .graph, groups: [group], message: "\(group): \(name) join nodes that do not move together")
        }
        let ends = EdgeEnds(self)
        let moved = axes.indices.filter { ends.text(unit, axis: $0)?.contains(group) ?? false }
        for axis in moved {
            let own = ends.text(unit, axis: axis)!
            for side in EdgeEnds.Side.allCases where ends.follows(unit, side, axis: axis) {
                guard let (other, text) = ends.other(than: cause, at: unit, side), text != own else { continue }
                return Failure(
                    proof: .graph, groups: [group], message: "\(group): \(name): its \(side.rawValue)s are nodes that \(units.name(other)) moves as \(text); its axis is \(own)",
                    parameter: parameters.entries[parameter].name, axis: own, expected: "\(side.rawValue)s that move as \(own)", found: "nodes that move as \(text)")
            }
        }
        let text = axes.map(claims.text).joined(separator: " × ")
        let isScattered = !moved.isEmpty && moved.allSatisfy { axis in !EdgeEnds.Side.allCases.contains { ends.follows(unit, $0, axis: axis) } }
        return Failure(
            proof: .graph, groups: [group],
            message: "\(group): \(name): " + (isScattered ? "its values are scattered over its edges: neither sources nor targets follow an axis" : "its edges join other nodes than those of its axes") + "; they are \(text)",
            parameter: parameters.entries[parameter].name, axis: text)
    }
}
