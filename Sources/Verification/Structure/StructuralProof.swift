import NeuralGraphs

/// Whether every edge block follows its node blocks, for all elements of the claimed group at once, from strides alone.
///
/// Argument. An element moves the ends of an edge; it must move the scalars on the edge to the edge between the new
/// ends. Both node blocks and the tensor are written in digits, some moved by a group and some by nothing; the address
/// rule gives each node digit a stride. If every group digit of the tensor is the digit of the same group at one end,
/// with the same stride, and the other digits reach no group digit, then moving the ends and moving the scalars is the
/// same. What stride 0 leaves out are copies: all copies of a scalar move together. A fan must, besides, give each node
/// the partner that moves with it, and the groups of a convolution must move alike at both ends.
///
/// Complexity: O(edge blocks × segments²); no node or edge is looked at, so the size of the model does not matter.
enum StructuralProof {
    /// What is wrong, one failure for each edge block that departs; empty if the proof holds.
    static func failures(_ subject: Subject) -> [Failure] {
        subject.graph.edgeBlocks.flatMap { block -> [Failure] in
            var failures: [Failure] = []
            if let misfit = partnerMisfit(block, subject) { failures.append(misfit) }
            if case .parameter(let rule) = block.values, let misfit = misfit(block, rule, subject) {
                failures.append(misfit)
            }
            return failures
        }
    }

    private static func axis(of block: NodeBlock) -> Axis { block.axis ?? Axis(.fixed(block.count)) }

    /// Node j of `to` and its partners, one in a fan, must move together.
    private static func partnerMisfit(_ block: EdgeBlock, _ subject: Subject) -> Failure? {
        let (graph, claims) = (subject.graph, subject.claims)
        let (from, to) = (graph.nodeBlocks[block.from], graph.nodeBlocks[block.to])
        let count: Int
        switch block.topology {
        case .allPairs: return nil
        case .fan: count = from.count
        case .groups(let groups): count = groups
        }
        func runs(_ node: NodeBlock) -> [SidePart]? {
            let levels = [IndexLevel(extent: count, stride: 1), IndexLevel(extent: node.count / count, stride: 0)]
            return SidePart.parts(of: axis(of: node), levels: levels, groups: claims.groups)
        }
        let partners = count == from.count ? axis(of: from) : runs(from).map { Axis(runs: $0) }
        let groups = unmatched(
            sides: [runs(to)], offset: 0, slots: 1, onto: [partners ?? Axis(.fixed(count))], shape: [count],
            claims.groups)
        guard let mismatch = groups.first else { return nil }
        return Failure(
            proof: .structure, groups: mismatch.groupNames(claims), edgeBlock: block.name,
            expected: "nodes that move with those of \"\(from.name)\", which are \(claims.text(axis(of: from)))",
            found: "\"\(to.name)\", which is \(claims.text(axis(of: to)))")
    }

    private static func misfit(_ block: EdgeBlock, _ rule: AddressRule, _ subject: Subject) -> Failure? {
        let (graph, claims) = (subject.graph, subject.claims)
        let entry = graph.parameters.entries[rule.parameter]
        let axes = claims.axes[entry.name] ?? entry.shape.map { Axis(.fixed($0)) }
        let (from, to) = (graph.nodeBlocks[block.from], graph.nodeBlocks[block.to])
        var sides = [SidePart.parts(of: axis(of: to), levels: rule.to, groups: claims.groups)]
        if block.topology != .fan {
            // Runs of `from` are told apart by `to` alone.
            let runs = IndexLevel(extent: from.count / graph.partners(of: block), stride: 0)
            sides.insert(SidePart.parts(of: axis(of: from), levels: [runs] + rule.from, groups: claims.groups), at: 0)
        }
        let found = unmatched(
            sides: sides, offset: rule.offset, slots: rule.slots, onto: axes, shape: entry.shape, claims.groups)
        guard let mismatch = found.first else { return nil }
        let (source, target) = block.reversed ? (to, from) : (from, to)
        return Failure(
            proof: .structure, groups: mismatch.groupNames(claims), parameter: entry.name,
            axis: mismatch.axisText(axes, claims), edgeBlock: block.name,
            expected: mismatch.expectation(claims),
            found:
                "sources \"\(source.name)\" \(claims.text(axis(of: source))), targets \"\(target.name)\" "
                + "\(claims.text(axis(of: target)))"
        )
    }

    /// Goes through all pairs of segments at both ends.
    private static func unmatched(
        sides: [[SidePart]?], offset: Int, slots: Int, onto axes: [Axis], shape: [Int], _ groups: [PermutationGroup]
    ) -> [DigitMismatch] {
        var choices: [[SidePart]] = [[]]
        for side in sides {
            guard let side else {
                return [DigitMismatch(kind: .cut, segments: axes.map { $0.segments[0] }, groups: [])]
            }
            choices = choices.flatMap { choice in side.map { choice + [$0] } }
        }
        return choices.compactMap { parts in
            let target = TargetDigits(
                axes, shape: shape, scalar: offset + parts.reduce(0) { $0 + $1.offset }, groups: groups)
            return DigitMatch.mismatch(parts, slots: slots, target, groups)
        }
    }
}

extension Axis {
    /// Runs of nodes, from the digits that tell them apart; parts that differ within a run alone are one.
    fileprivate init(runs parts: [SidePart]) {
        var seen: Set<Int> = []
        self.init(
            segments: parts.filter { seen.insert($0.offset).inserted }.map { part in
                part.digits.filter { $0.stride > 0 }.sorted { $0.stride > $1.stride }.map { digit in
                    digit.group.map { .group($0) } ?? .fixed(digit.extent)
                }
            }.map { $0.isEmpty ? [.fixed(1)] : $0 })
    }
}
