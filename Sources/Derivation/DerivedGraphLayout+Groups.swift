import NeuralGraphs

/// Convolutions in groups.
extension DerivedGraphLayout {
    /// Every channel written is joined with the channels read of its own group: with one by a fan.
    mutating func layGroups(
        _ index: Int, _ entry: ParameterList.Entry, _ sides: Sides, _ groups: NeuronPropagation.ChannelGroups
    ) {
        let table = neurons.table
        let origin = Dictionary(
            zip(table.labels(ofAxis: groups.to), table.labels(ofAxis: groups.from)),
            uniquingKeysWith: { first, _ in first }
        )
        for written in sides.to {
            for read in sides.from {
                // A transposed convolution has the groups on the side of what it reads.
                let digits = written.digits + read.digits
                let shared = digits.map(\.label).filter { origin[$0] != nil }
                let inside = (written: labels(of: written, but: shared), read: labels(of: read, but: shared))
                let from = nodes(shared.map { origin[$0]! } + inside.read, name: "\(entry.name) inputs")
                let to = nodes(shared + inside.written, name: "\(entry.name) outputs")
                connectResiduals(into: to)
                layGroups(
                    index, entry, sides.kernel, offset: written.offset + read.offset,
                    ends: (from, to), groups: table.size(shared),
                    levels: (levels(inside.read, digits), levels(shared + inside.written, digits)))
            }
        }
    }

    private mutating func layGroups(
        _ index: Int, _ entry: ParameterList.Entry, _ kernel: Int, offset: Int, ends: (from: Int, to: Int), groups: Int,
        levels: (from: [IndexLevel], to: [IndexLevel])
    ) {
        for first in stride(from: 0, to: kernel, by: Self.slotLimit) {
            let rule = AddressRule(
                parameter: index, offset: offset + first, from: levels.from, to: levels.to,
                slots: min(Self.slotLimit, kernel - first))
            edgeBlocks.append(
                EdgeBlock(
                    name: entry.name, type: .convolution,
                    topology: levels.from.isEmpty ? .fan : .groups(groups), from: ends.from, to: ends.to,
                    values: .parameter(rule)))
        }
    }

    /// The labels of more than one position that stand within a group.
    private func labels(of part: ParameterPart, but shared: [Int]) -> [Int] {
        part.labels.filter { !shared.contains($0) && neurons.table.size($0) > 1 }
    }

    private func levels(_ labels: [Int], _ digits: [ParameterPart.Digit]) -> [IndexLevel] {
        AddressRule.joined(
            labels.map { label in
                IndexLevel(
                    extent: neurons.table.size(label), stride: digits.first { $0.label == label }!.stride)
            })
    }
}
