import NeuralGraphs

/// How groups permute the positions of each label of neurons, read off the parameters in which they stand.
struct LabelAxes {
    private var axisOfLabel: [Int: Axis] = [:]
    private let groups: [PermutationGroup]
    private let neurons: NeuronPropagation

    init(_ neurons: NeuronPropagation, _ parameters: ParameterList, _ symmetries: Symmetries) {
        (self.neurons, groups) = (neurons, symmetries.groups)
        for entry in parameters.entries {
            guard let numbers = neurons.tensors[entry.name], let axes = symmetries.axes[entry.name] else { continue }
            for (number, axis) in zip(numbers, axes) {
                guard neurons.table.labels(ofAxis: number).contains(where: { axisOfLabel[$0] == nil }) else { continue }
                read(neurons.table.axes[number], axis)
            }
        }
    }

    /// The product of labels, outermost first; positions of which nothing is known stay.
    func axis(of labels: [Int]) -> Axis {
        let known = labels.map { axisOfLabel[$0] ?? Axis(.fixed(neurons.table.size($0))) }
        return known.dropFirst().reduce(known.first ?? Axis(.fixed(1))) { $0.product($1, in: groups) }
    }

    /// Brings the pieces of an axis and its segments together, in labels that know what moves them.
    private mutating func read(_ pieces: LabelTable.Axis, _ axis: Axis) {
        var table = LabelTable()
        var factors: [(label: Int, factor: AxisFactor)] = []
        let written = table.add(
            axis.placed(in: groups).map { segment in
                LabelPiece(
                    offset: segment.offset,
                    digits: zip(segment.factors, zip(segment.sizes, segment.strides)).map { factor, place in
                        let label = table.label(size: place.0, dependencies: [])
                        factors.append((label, factor))
                        return .init(label: label, stride: place.1)
                    })
            })
        // Axes that follow a label through all that becomes of it, for both ways of writing.
        let traced = factors.map { (number: table.add(label: $0.label), factor: $0.factor) }
        var digits: [(label: Int, number: Int)] = []
        let named = table.add(
            pieces.map { piece in
                LabelPiece(
                    offset: piece.offset,
                    digits: piece.digits.map { digit in
                        let label = table.label(size: neurons.table.size(digit.label), dependencies: [])
                        digits.append((digit.label, table.add(label: label)))
                        return .init(label: label, stride: digit.stride)
                    })
            })
        table.unify(written, named, orPin: Pin(""))
        let factorOfLabel = Self.factorOfLabel(traced, table, groups)
        for (label, number) in digits where axisOfLabel[label] == nil {
            axisOfLabel[label] = Axis(table.axes[number], factorOfLabel, table)
        }
    }

    /// What moves each label: a group that stayed whole; nothing where groups met, or one was parted.
    private static func factorOfLabel(
        _ traced: [(number: Int, factor: AxisFactor)], _ table: LabelTable, _ groups: [PermutationGroup]
    ) -> [Int: AxisFactor] {
        var found: [Int: AxisFactor] = [:]
        for (number, factor) in traced {
            let labels = table.labels(ofAxis: number)
            for label in labels {
                let isWhole = labels.count == 1 && factor != .fixed(table.size(label))
                let own = isWhole ? factor : .fixed(table.size(label))
                found[label] = found[label] ?? own == own ? own : .fixed(table.size(label))
            }
        }
        return found
    }
}

extension Axis {
    /// An axis from pieces whose labels stand for factors.
    fileprivate init(_ pieces: LabelTable.Axis, _ factors: [Int: AxisFactor], _ table: LabelTable) {
        self.init(
            pieces.map { piece in
                let digits = piece.digits.map { (factors[$0.label] ?? .fixed(table.size($0.label)), $0.stride) }
                return PlacedSegment(
                    factors: digits.map(\.0), sizes: piece.digits.map { table.size($0.label) }, offset: piece.offset,
                    strides: digits.map(\.1))
            })
    }

    /// Segments by their places, which are forgotten where one simply follows the other.
    init(_ segments: [PlacedSegment]) {
        var next = 0
        let isPlain = segments.allSatisfy { segment in
            defer { next += segment.count }
            var inner = segment.count
            return segment.offset == next
                && zip(segment.sizes, segment.strides).allSatisfy { size, stride in
                    inner /= size
                    return size == 1 || stride == inner
                }
        }
        self.init(
            segments: segments.map { $0.factors.isEmpty ? [.fixed(1)] : $0.factors },
            placements: isPlain
                ? nil
                : segments.map {
                    Placement(offset: $0.offset, strides: $0.factors.isEmpty ? [1] : $0.strides)
                })
    }

    /// Every position of this axis with every one of another inside.
    func product(_ inner: Axis, in groups: [PermutationGroup]) -> Axis {
        let size = inner.size(in: groups)
        return Axis(
            placed(in: groups).flatMap { outer in
                inner.placed(in: groups).map { segment in
                    PlacedSegment(
                        factors: outer.factors + segment.factors, sizes: outer.sizes + segment.sizes,
                        offset: outer.offset * size + segment.offset,
                        strides: outer.strides.map { $0 * size } + segment.strides)
                }
            }.sorted { $0.offset < $1.offset })
    }
}
