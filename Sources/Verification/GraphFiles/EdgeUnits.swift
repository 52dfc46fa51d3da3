import NeuralGraphs

/// The edges of a list, sorted by what lies on them: a tensor, or one segment of a fused tensor, or a constant.
struct EdgeUnits {
    struct Unit: Hashable {
        /// nil for constants.
        let parameter: Int?
        /// Number of the segment, if the tensor has an axis of several.
        let segment: Int
        /// Type of a constant edge; 0 for a tensor.
        let type: Int
    }

    let units: [Unit]
    /// Of each edge, an index into `units`.
    let unitOfEdge: [Int]
    private let names: [String]

    init(_ edges: EdgeList, _ parameters: ParameterList, _ claims: Symmetries) {
        var units: [Unit] = []
        var numbers: [Unit: Int] = [:]
        let fused = parameters.entries.map { FusedAxis($0, claims) }
        // Edges with scalars come in runs of one tensor, so the last one is usually right again.
        var entry = 0
        unitOfEdge = edges.sources.indices.map { edge in
            let scalar = edges.parameterScalars[edge]
            let unit: Unit
            if scalar < 0 {
                unit = Unit(parameter: nil, segment: 0, type: edges.types[edge])
            } else {
                if !parameters.entries[entry].range.contains(scalar) {
                    entry = parameters.entries.firstIndex { $0.range.contains(scalar) }!
                }
                unit = Unit(
                    parameter: entry,
                    segment: fused[entry]?.segment(of: scalar - parameters.entries[entry].offset) ?? 0, type: 0)
            }
            let number = numbers[unit] ?? units.count
            if number == units.count {
                numbers[unit] = number
                units.append(unit)
            }
            return number
        }
        self.units = units
        names = units.map { unit in
            guard let parameter = unit.parameter else {
                return "\(EdgeType(rawValue: unit.type).map { "\($0)" } ?? "type \(unit.type)") constants"
            }
            let name = parameters.entries[parameter].name
            return fused[parameter].map { "\(name) segment \(unit.segment + 1) of \($0.count)" } ?? name
        }
    }

    func name(_ unit: Int) -> String { names[unit] }

    /// The same for every layer.
    func pattern(_ unit: Int) -> String { LayerPattern.of(names[unit]) }
}

/// The one axis of a tensor that has several segments.
private struct FusedAxis {
    /// Scalars from one position to the next, and positions on the axis.
    private let stride: Int
    private let size: Int
    /// Number of the segment by position.
    private let segmentOfPosition: [Int]
    let count: Int

    init?(_ entry: ParameterList.Entry, _ claims: Symmetries) {
        guard let axes = claims.axes[entry.name], let index = axes.firstIndex(where: { $0.segments.count > 1 }) else {
            return nil
        }
        stride = entry.shape[(index + 1)...].reduce(1, *)
        size = entry.shape[index]
        let placed = axes[index].placed(in: claims.groups)
        count = placed.count
        segmentOfPosition = placed.enumerated().reduce(into: Array(repeating: 0, count: size)) { numbers, segment in
            for position in segment.element.positions { numbers[position] = segment.offset }
        }
    }

    func segment(of scalar: Int) -> Int {
        segmentOfPosition[scalar / stride % size]
    }
}
