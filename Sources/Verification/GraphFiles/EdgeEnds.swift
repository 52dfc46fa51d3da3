import NeuralGraphs

/// What the ends of a tensor's edges have to do with its axes.
struct EdgeEnds {
    enum Side: String, CaseIterable {
        case source, target
    }

    private let blame: GraphBlame
    private let edgesOfUnit: [[Int]]

    init(_ blame: GraphBlame) {
        self.blame = blame
        edgesOfUnit = blame.units.unitOfEdge.indices.reduce(into: Array(repeating: [], count: blame.units.units.count))
        { $0[blame.units.unitOfEdge[$1]].append($1) }
    }

    private func node(_ edge: Int, _ side: Side) -> Int {
        side == .source ? blame.edges.sources[edge] : blame.edges.targets[edge]
    }

    /// Whether every node on a side has one position on an axis, and more than one position is there: the side that the
    /// axis belongs to.
    func follows(_ unit: Int, _ side: Side, axis: Int) -> Bool {
        guard let parameter = blame.units.units[unit].parameter else { return false }
        let entry = blame.parameters.entries[parameter]
        let stride = entry.shape[(axis + 1)...].reduce(1, *)
        var positions: [Int: Int] = [:]
        for edge in edgesOfUnit[unit] {
            let position = (blame.edges.parameterScalars[edge] - entry.offset) / stride % entry.shape[axis]
            if positions.updateValue(position, forKey: node(edge, side)).map({ $0 != position }) ?? false {
                return false
            }
        }
        return Set(positions.values).count > 1
    }

    /// The segment of an axis that the unit's scalars lie in, in the grammar.
    func text(_ unit: Int, axis: Int) -> String? {
        let part = blame.units.units[unit]
        guard let parameter = part.parameter, let axes = blame.claims.axes[blame.parameters.entries[parameter].name]
        else { return nil }
        let segments = axes[axis].segments
        return blame.claims.text(segments.count > 1 ? segments[part.segment] : segments[0])
    }

    /// Another tensor at the nodes that a unit has on one side, which moves them by another axis: at all of them, else
    /// at most of them.
    func other(than cause: [Int], at unit: Int, _ side: Side, movingThemOtherwiseThan own: String) -> (
        unit: Int, text: String, isAll: Bool
    )? {
        let nodes = Set(edgesOfUnit[unit].map { node($0, side) })
        var best: (unit: Int, text: String, shared: Int)?
        for other in blame.units.units.indices where !cause.contains(other) {
            guard let parameter = blame.units.units[other].parameter else { continue }
            for otherSide in Side.allCases {
                let shared = nodes.intersection(edgesOfUnit[other].map { node($0, otherSide) }).count
                guard shared > best?.shared ?? 0,
                    let axis = blame.parameters.entries[parameter].shape.indices.first(where: {
                        follows(other, otherSide, axis: $0)
                    }),
                    let text = text(other, axis: axis), text != own
                else { continue }
                best = (other, text, shared)
            }
        }
        return best.map { ($0.unit, $0.text, $0.shared == nodes.count) }
    }
}
