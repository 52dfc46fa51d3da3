import NeuralGraphs
import Verification

/// One edge block laid down wrongly. Whether that breaks a symmetry is not known beforehand: norms moved to the next
/// stream do not.
struct EdgeMutations {
    let subject: Subject

    init(_ subject: Subject) {
        self.subject = subject
    }

    private var graph: NeuralGraph { subject.graph }

    var all: [Mutant] {
        graph.edgeBlocks.indices.flatMap { index -> [Mutant] in
            let block = graph.edgeBlocks[index]
            let changes =
                elsewhere(block) + [("another type", block.with(type: block.type == .linear ? .query : .linear))]
            guard case .parameter(let rule) = block.values else {
                return elsewhere(block).map { mutant("constants \($0.0)", index, $0.1) } + [forgotten(index)]
            }
            return (changes + addresses(block, rule) + [("reversed", block.with(reversed: !block.reversed))]).map {
                mutant($0.0, index, $0.1)
            } + swappedOffsets(index, rule)
        }
    }

    private func mutant(_ kind: String, _ index: Int, _ block: EdgeBlock) -> Mutant {
        mutant(kind, index) { $0[index] = block }
    }

    private func mutant(_ kind: String, _ index: Int, change: (inout [EdgeBlock]) -> Void) -> Mutant {
        var blocks = graph.edgeBlocks
        change(&blocks)
        return Mutant(kind: "edges: \(kind)", place: graph.edgeBlocks[index].name, mayBeHarmless: true) { [subject] in
            try subject.with(edgeBlocks: blocks)
        }
    }

    private func forgotten(_ index: Int) -> Mutant { mutant("constants forgotten", index) { $0.remove(at: index) } }

    /// One end moved to every other node block of the same size.
    private func elsewhere(_ block: EdgeBlock) -> [(String, EdgeBlock)] {
        func others(_ index: Int) -> [Int] {
            graph.nodeBlocks.indices.filter {
                $0 != index && graph.nodeBlocks[$0].count == graph.nodeBlocks[index].count
            }
        }
        // A source of one node that nothing else uses is as good as any other.
        return others(block.to).map { ("attached elsewhere", block.with(to: $0)) }
            + others(block.from).map { ("attached elsewhere", block.with(from: $0)) }
    }

    /// The scalars read in another order, or from another place.
    private func addresses(_ block: EdgeBlock, _ rule: AddressRule) -> [(String, EdgeBlock)] {
        var changes: [(String, AddressRule)] = []
        if rule.from.count == 1, rule.to.count == 1, rule.from[0].extent > 1, rule.to[0].extent > 1 {
            let (from, to) = (rule.from[0], rule.to[0])
            let inner = min(from.stride, to.stride)
            let transposed = from.stride < to.stride ? (to.extent * inner, inner) : (inner, from.extent * inner)
            changes.append(
                (
                    "transposed",
                    rule.with(
                        from: [IndexLevel(extent: from.extent, stride: transposed.0)],
                        to: [IndexLevel(extent: to.extent, stride: transposed.1)])
                ))
        }
        for (a, b) in zip(rule.to.indices, rule.to.indices.dropFirst()) where rule.to[a] != rule.to[b] {
            var swapped = rule.to
            swapped.swapAt(a, b)
            changes.append(("copies for the wrong head", rule.with(to: swapped)))
        }
        changes.append(("shifted by one scalar", rule.with(offset: rule.offset + 1)))
        return changes.map { ($0.0, block.with(values: .parameter($0.1))) }
    }

    /// Two parts of one fused tensor mixed up.
    private func swappedOffsets(_ index: Int, _ rule: AddressRule) -> [Mutant] {
        graph.edgeBlocks.indices.filter { $0 > index }.compactMap { later in
            guard case .parameter(let other) = graph.edgeBlocks[later].values, other.parameter == rule.parameter,
                other.offset != rule.offset, other.slots == rule.slots
            else { return nil }
            return mutant("offsets swapped", index) { blocks in
                blocks[index] = blocks[index].with(values: .parameter(rule.with(offset: other.offset)))
                blocks[later] = blocks[later].with(values: .parameter(other.with(offset: rule.offset)))
            }
        }
    }
}

extension EdgeBlock {
    fileprivate func with(
        type: EdgeType? = nil, from: Int? = nil, to: Int? = nil, reversed: Bool? = nil, values: EdgeValues? = nil
    ) -> EdgeBlock {
        EdgeBlock(
            name: name, type: type ?? self.type, topology: topology, from: from ?? self.from, to: to ?? self.to,
            reversed: reversed ?? self.reversed,
            values: values ?? self.values)
    }
}

extension AddressRule {
    fileprivate func with(offset: Int? = nil, from: [IndexLevel]? = nil, to: [IndexLevel]? = nil) -> AddressRule {
        AddressRule(
            parameter: parameter, offset: offset ?? self.offset, from: from ?? self.from, to: to ?? self.to,
            slots: slots)
    }
}
