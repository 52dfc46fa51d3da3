import NeuralGraphs

/// Turns labels into groups, in the order in which they are met.
struct SymmetryReader {
    private let table: LabelTable
    private let names: GroupNames
    private(set) var groups: [PermutationGroup] = []
    private(set) var axes: [String: [Axis]] = [:]
    private(set) var pins: [String: [[DerivedSymmetries.HeldFactor]]] = [:]
    private var groupOfLabel: [Int: Int] = [:]

    /// - Parameter names: of all tensors.
    init(table: LabelTable, names: [String]) {
        self.table = table
        self.names = GroupNames(names)
    }

    /// A tensor the forward pass does not use.
    mutating func skip(_ name: String, _ shape: [Int]) {
        axes[name] = shape.map { Axis(.fixed($0)) }
        pins[name] = shape.enumerated().map { axis, size in
            [
                .init(
                    place: FactorPlace(tensor: name, axis: axis, offset: 0, span: size, stride: 1, size: size),
                    pin: Pin("the forward pass does not read it"))
            ]
        }
    }

    mutating func read(_ name: String, _ numbers: [Int]) {
        axes[name] = []
        pins[name] = []
        for (axis, number) in numbers.enumerated() { read(name, axis, table.axes[number]) }
    }

    private mutating func read(_ name: String, _ axis: Int, _ pieces: LabelTable.Axis) {
        var held: [DerivedSymmetries.HeldFactor] = []
        var (segments, placements) = ([[AxisFactor]](), [Axis.Placement]())
        var (next, isInterleaved, letter) = (0, false, 0)
        let isWhole = pieces.count == 1 && pieces[0].labels.count == 1
        for piece in pieces {
            let count = table.size(piece.labels)
            var inner = count
            let span = 1 + piece.digits.reduce(0) { $0 + (table.size($1.label) - 1) * $1.stride }
            segments.append([])
            for (place, digit) in piece.digits.enumerated() {
                let size = table.size(digit.label)
                inner /= size
                isInterleaved = isInterleaved || digit.stride != inner && size > 1
                let behind = piece.labels[(place + 1)...]
                if size > 1, let pin = table.labels[digit.label].pin {
                    held.append(
                        .init(
                            place: FactorPlace(
                                tensor: name, axis: axis, offset: piece.offset, span: span, stride: digit.stride,
                                size: size), pin: pin))
                }
                let isIdle = table.isPinned(digit.label) && !behind.contains { mayDepend($0, on: digit.label) }
                guard size > 1, !isIdle else {
                    segments[segments.count - 1].append(.fixed(size))
                    continue
                }
                if groupOfLabel[digit.label] == nil {
                    add(digit.label, name: names.name(name, axis, isWhole ? nil : letter))
                    letter += 1
                }
                segments[segments.count - 1].append(.group(groupOfLabel[digit.label]!))
            }
            if segments[segments.count - 1].isEmpty { segments[segments.count - 1] = [.fixed(1)] }
            isInterleaved = isInterleaved || piece.offset != next
            placements.append(
                Axis.Placement(
                    offset: piece.offset, strides: piece.digits.isEmpty ? [1] : piece.digits.map(\.stride)))
            next += count
        }
        axes[name]!.append(Axis(segments: segments, placements: isInterleaved ? placements : nil))
        pins[name]!.append(held)
    }

    /// True for a free label with a permutation for each position of another one.
    private func mayDepend(_ label: Int, on other: Int) -> Bool {
        !table.isPinned(label) && table.size(label) > 1
            && table.labels[label].dependencies.first?.contains(other) ?? false
    }

    /// Groups it depends on stand before it in the same product, so they are there already.
    private mutating func add(_ label: Int, name: String) {
        let others =
            table.isPinned(label)
            ? [] : (table.labels[label].dependencies.first ?? []).compactMap { groupOfLabel[$0] }.sorted()
        groups.append(
            PermutationGroup(
                name: name, size: table.size(label), dependsOn: others, isFixed: table.isPinned(label)))
        groupOfLabel[label] = groups.count - 1
    }
}
