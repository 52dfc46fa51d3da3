import NeuralGraphs

/// Edge blocks of parameters.
extension DerivedGraphLayout {
    mutating func layDown() {
        let all = parameters.entries.map { self.sides(of: $0) }
        for (index, entry) in parameters.entries.enumerated() {
            let sides = all[index]
            if let groups = neurons.uses[entry.name]?.groups {
                layGroups(index, entry, sides, groups)
                continue
            }
            let from = sides.isVector ? [] : sources(of: entry, sides)
            if !sides.isVector { addSources(ofVectorsBehind: index, all) }
            let vectors = sides.isVector ? vectorSources(index, entry, sides) : []
            let to = sides.to.map { nodes($0, of: entry, "outputs") }
            for block in to { connectResiduals(into: block) }
            for (place, (part, target)) in zip(sides.to, to).enumerated() {
                let origins =
                    sides.isVector
                    ? [(block: vectors[place], offset: 0, levels: [IndexLevel(extent: 1, stride: 0)])] : from
                for origin in origins { lay(index, entry, sides, from: origin, part, to: target) }
                connectHeads(to: target)
            }
        }
        connectResiduals()
    }

    private typealias Origin = (block: Int, offset: Int, levels: [IndexLevel])

    private mutating func sources(of entry: ParameterList.Entry, _ sides: Sides) -> [Origin] {
        let isTokenTable = readsWords(entry)
        guard sides.rows.isEmpty else {
            let levels = sides.rows.map {
                IndexLevel(extent: entry.shape[$0], stride: entry.shape[($0 + 1)...].reduce(1, *))
            }
            let axis = axis(ofRows: sides.rows, of: entry)
            // Rows that may trade places (latents) have no numbers of their own, as words do.
            let isTokenTable = isTokenTable && !Self.hasGroup(axis)
            return [(addNodes("\(entry.name) rows", axis, isTokenTable: isTokenTable), 0, levels)]
        }
        return sides.from.map { part in
            let block = nodes(part, of: entry, "inputs", isTokenTable: isTokenTable)
            return (block, part.offset, part.levels(of: labels(of: block, part)))
        }
    }

    /// How rows permute: words stay, learned rows that a mean or attention reads may trade places.
    private func axis(ofRows rows: [Int], of entry: ParameterList.Entry) -> Axis {
        let count = rows.reduce(1) { $0 * entry.shape[$1] }
        guard let axes = symmetries.axes[entry.name].map({ all in rows.map { all[$0] } }),
            axes.contains(where: Self.hasGroup)
        else { return Axis(.fixed(count)) }
        return axes.dropFirst().reduce(axes[0]) { $0.product($1, in: symmetries.groups) }
    }

    private static func hasGroup(_ axis: Axis) -> Bool {
        axis.segments.joined().contains { if case .group = $0 { true } else { false } }
    }

    /// The nodes of a vector: one for each of its parts.
    private mutating func vectorSources(_ index: Int, _ entry: ParameterList.Entry, _ sides: Sides) -> [Int] {
        if let known = sources[index] { return known }
        let made = sides.to.indices.map {
            addNodes(sides.to.count == 1 ? entry.name : "\(entry.name) part \($0)", Axis(.fixed(1)))
        }
        sources[index] = made
        return made
    }

    /// Vectors right behind a weight that end in the same neurons stand before these.
    private mutating func addSources(ofVectorsBehind index: Int, _ all: [Sides]) {
        let targets = all[index].to.map { key($0.labels) }
        for next in parameters.entries.indices.dropFirst(index + 1) {
            guard all[next].isVector, all[next].to.map({ key($0.labels) }) == targets,
                targets.allSatisfy({ blockOfLabels[$0] == nil })
            else { return }
            _ = vectorSources(next, parameters.entries[next], all[next])
        }
    }

    private mutating func lay(
        _ index: Int, _ entry: ParameterList.Entry, _ sides: Sides, from: Origin, _ part: ParameterPart, to: Int
    ) {
        let type = type(of: entry, sides, part)
        for first in stride(from: 0, to: sides.kernel, by: Self.slotLimit) {
            let rule = AddressRule(
                parameter: index, offset: from.offset + part.offset + first, from: AddressRule.joined(from.levels),
                to: AddressRule.joined(part.levels(of: labels(of: to, part))),
                slots: min(Self.slotLimit, sides.kernel - first))
            edgeBlocks.append(
                EdgeBlock(
                    name: entry.name, type: type, topology: .allPairs, from: from.block, to: to,
                    reversed: type == .key && !sides.isVector, values: .parameter(rule)))
        }
    }

    /// Scalars on one edge of the published weights.
    static let slotLimit = 9

    private func labels(of block: Int, _ part: ParameterPart) -> [(label: Int, size: Int)] {
        let key = key(part.labels)
        return key == part.labels ? part.digits.map { ($0.label, $0.size) } : key.map { ($0, neurons.table.size($0)) }
    }

    /// True for rows that stand for words, and not for positions.
    private func readsWords(_ entry: ParameterList.Entry) -> Bool {
        guard let use = neurons.uses[entry.name] else { return false }
        return use.operation == "concat" || use.operation == "embedding" && use.picksWords
    }

    private func type(of entry: ParameterList.Entry, _ sides: Sides, _ part: ParameterPart) -> EdgeType {
        guard let use = neurons.uses[entry.name] else { return sides.isVector ? .bias : .linear }
        switch (use.operation, use.slot) {
        case (let name, 1) where name.hasPrefix("conv") && !sides.isVector: return .convolution
        case ("embedding", _), ("concat", _): return readsWords(entry) ? .tokenTable : .positionTable
        case ("layerNorm", 1), ("rmsNorm", 1), ("batchNorm", 1), ("groupNorm", 1), ("mul", _): return .norm
        case ("gather", 0) where !sides.isVector: return .positionTable
        case ("add", _) where !sides.isVector: return .positionTable
        default: return sides.isVector ? .bias : role(of: entry, part) ?? .linear
        }
    }

    /// What attention reads there; nil if nothing, or several things.
    private func role(of entry: ParameterList.Entry, _ part: ParameterPart) -> EdgeType? {
        let types = Set(
            (neurons.roles[entry.name] ?? []).filter { role in
                part.places.contains { $0.axis == role.axis && role.contains($0.position) }
            }.map(\.type))
        return types.count == 1 ? types.first : nil
    }
}

extension DerivedGraphLayout.Sides {
    /// From one node of its own to neurons, and not from neurons or rows.
    var isVector: Bool { from.isEmpty && rows.isEmpty }
}
