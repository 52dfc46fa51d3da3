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
        let after = labels.graph(
            edges, values: action.apply(toFlat: identity, parameters), marks: marks, leavingOut: isLeftOut)
        return try GraphMatching.images(of: before, in: after) != nil
    }

    /// - Parameter known: causes found for other groups, which are tried first.
    /// - Returns: indices of units, empty if nothing helps.
    func smallestCause(of action: TensorAction, known: [[Int]], using random: inout SeededRandom)
        throws(VerificationError) -> [Int]
    {
        let all = units.units.indices.filter { units.units[$0].type != EdgeType.selfLoop.rawValue }
        let patterns = Dictionary(grouping: all, by: units.pattern).values.sorted { $0[0] < $1[0] }
        // A single tensor, then the same tensor of all layers; those that the group moves before others, the fewest
        // edges first.
        func rank(_ set: [Int]) -> (Int, Int, Int) {
            (set.contains { isMoved($0, by: action) } ? 0 : 1, edgeCount(set), set[0])
        }
        let singles =
            all.map { [$0] }.sorted { rank($0) < rank($1) }
            + patterns.filter { $0.count > 1 }.sorted { rank($0) < rank($1) }
        for set in singles where try follows(action, without: Set(set)) { return set }
        for cause in known.reversed() where try follows(action, without: Set(cause)) {
            let parts = patterns.map { $0.filter(cause.contains) }.filter { !$0.isEmpty }
            return try spare(parts, of: action)
        }
        // Else put tensors back while the graph still follows: what stays out is a cause, none of which could be
        // spared.
        var best: [Int]?
        for attempt in 0..<6 {
            var order = patterns.sorted { edgeCount($0) > edgeCount($1) }
            if attempt > 0 { order = random.permutation(order.count).map { order[$0] } }
            let cause = try spare(order, of: action)
            if best == nil || edgeCount(cause) < edgeCount(best!) { best = cause }
        }
        return best ?? []
    }

    /// What stays out when all that can be put back is put back, in order.
    private func spare(_ order: [[Int]], of action: TensorAction) throws(VerificationError) -> [Int] {
        var out = Set(order.joined())
        for set in order where try follows(action, without: out.subtracting(set)) { out.subtract(set) }
        return out.sorted()
    }

    private func edgeCount(_ set: [Int]) -> Int {
        units.unitOfEdge.count { set.contains($0) }
    }

    private func isMoved(_ unit: Int, by action: TensorAction) -> Bool {
        guard let parameter = units.units[unit].parameter else { return false }
        return action.images[parameters.entries[parameter].name]?.contains { $0 != Array($0.indices) } ?? false
    }

    /// One sentence about the edges of a tensor at fault: what its axis is, and what else moves the nodes it is
    /// attached to.
    func failure(_ unit: Int, group: String, cause: [Int]) -> Failure {
        let name = units.name(unit)
        guard let parameter = units.units[unit].parameter, let axes = claims.axes[parameters.entries[parameter].name]
        else {
            return Failure(proof: .graph, groups: [group], message: "\(name) join nodes that do not move together")
        }
        let entry = parameters.entries[parameter]
        let ends = EdgeEnds(self)
        // Axes that the group moves are the first suspects.
        let order =
            axes.indices.filter { ends.text(unit, axis: $0)!.contains(group) }
            + axes.indices.filter { !ends.text(unit, axis: $0)!.contains(group) }
        for axis in order {
            let own = ends.text(unit, axis: axis)!
            for side in EdgeEnds.Side.allCases where ends.follows(unit, side, axis: axis) {
                guard let other = ends.other(than: cause, at: unit, side, movingThemOtherwiseThan: own) else {
                    continue
                }
                let nodes = other.isAll ? "\(side.rawValue)s are" : "\(side.rawValue)s are partly"
                return Failure(
                    proof: .graph, groups: [group],
                    message:
                        "\(name): its \(nodes) nodes that \(units.name(other.unit)) moves as \(other.text); its axis "
                        + "is \(own)",
                    parameter: entry.name, axis: own, expected: "\(side.rawValue)s that move as \(own)",
                    found: "nodes that move as \(other.text)")
            }
        }
        let isScattered = axes.indices.allSatisfy { axis in
            entry.shape[axis] == 1 || !EdgeEnds.Side.allCases.contains { ends.follows(unit, $0, axis: axis) }
        }
        let text = axes.map(claims.text).joined(separator: " × ")
        let what =
            isScattered
            ? "its values are scattered over its edges, neither sources nor targets follow an axis"
            : "its edges join other nodes than those of its axes"
        return Failure(
            proof: .graph, groups: [group], message: "\(name): \(what); its axes are \(text)", parameter: entry.name,
            axis: text)
    }
}
