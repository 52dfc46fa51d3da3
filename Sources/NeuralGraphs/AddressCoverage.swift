/// Whether the edges of all blocks that share a tensor reach every scalar of it, decided from strides alone.
///
/// Argument. Copies (stride 0) reach nothing new, so drop them; add the slots as a level of stride 1; sort levels by
/// stride and join neighbours that continue each other. A rule is then an interval, or rows of some pitch, each holding
/// the same smaller rule. Take the largest pitch p among the rules and cut the tensor into rows of p scalars: an
/// interval becomes a piece of a first row, whole rows, and a piece of a last one; a rule of pitch p becomes its inner
/// rule in consecutive rows. Between two neighbouring ends of those row ranges all rows are alike, so it is enough to
/// decide one of them, p scalars long with smaller pitches: recursion. Rules that fit no such cutting leave the matter
/// unproven, which is refused; a graph is never accepted with a scalar missing. So do rules that would need more than
/// `stepLimit` pieces, which no sensible graph comes near.
enum AddressCoverage: Equatable {
    case complete
    /// This scalar lies on no edge.
    case gap(Int)
    case unproven

    static func of(_ rules: [AddressRule], count: Int) -> AddressCoverage {
        var lattices: [Lattice] = []
        for rule in rules {
            guard let lattice = Lattice(rule) else { return .unproven }
            lattices.append(lattice)
        }
        var steps = 0
        return cover(count, by: lattices, steps: &steps)
    }

    private static let stepLimit = 1_000_000

    /// Does the union of the lattices hold all of 0 ..< count?
    private static func cover(_ count: Int, by lattices: [Lattice], steps: inout Int) -> AddressCoverage {
        guard let pitch = lattices.compactMap(\.pitch).max() else { return sweep(count, intervals: lattices) }
        var bands: [Band] = []
        for lattice in lattices {
            guard let cut = lattice.bands(pitch: pitch) else { return .unproven }
            bands += cut
        }
        let rowCount = (count + pitch - 1) / pitch
        let edges = Set(bands.flatMap { [$0.rows.lowerBound, $0.rows.upperBound] } + [0, rowCount - 1, rowCount]).filter
        { (0...rowCount).contains($0) }.sorted()
        for (row, end) in zip(edges, edges.dropFirst()) where row < end {
            steps += bands.count
            guard steps < stepLimit else { return .unproven }
            let inside = bands.filter { $0.rows.contains(row) }.map(\.inner)
            switch cover(min(pitch, count - row * pitch), by: inside, steps: &steps) {
            case .complete: continue
            case .gap(let scalar): return .gap(row * pitch + scalar)
            case .unproven: return .unproven
            }
        }
        return .complete
    }

    private static func sweep(_ count: Int, intervals: [Lattice]) -> AddressCoverage {
        var reached = 0
        for interval in intervals.sorted(by: { $0.offset < $1.offset }) {
            if interval.offset > reached { break }
            reached = max(reached, interval.offset + interval.length)
        }
        return reached >= count ? .complete : .gap(reached)
    }
}

/// Rows of an inner lattice, all alike.
private struct Band {
    let rows: Range<Int>
    let inner: Lattice
}

/// The addresses `offset + Σ digit × stride + 0 ..< length`, levels by falling stride.
private struct Lattice {
    var offset: Int
    var levels: [IndexLevel]
    /// Consecutive scalars at the innermost level.
    var length: Int

    /// nil if levels overlap, so that rows would not be rows.
    init?(_ rule: AddressRule) {
        let all = (rule.from + rule.to + [IndexLevel(extent: rule.slots, stride: 1)]).filter {
            $0.stride > 0 && $0.extent > 1
        }
        var levels = AddressRule.joined(all.sorted { ($0.stride, $0.extent) > ($1.stride, $1.extent) })
        var length = 1
        if let last = levels.last, last.stride == 1 {
            length = last.extent
            levels.removeLast()
        }
        (offset, self.levels, self.length) = (rule.offset, levels, length)
        for (index, level) in levels.enumerated() where level.stride < span(of: levels[(index + 1)...]) { return nil }
    }

    private init(offset: Int, levels: [IndexLevel], length: Int) {
        (self.offset, self.levels, self.length) = (offset, levels, length)
    }

    /// Distance between rows; nil for an interval.
    var pitch: Int? { levels.first?.stride }

    private func span(of levels: ArraySlice<IndexLevel>) -> Int {
        levels.reduce(length) { $0 + ($1.extent - 1) * $1.stride }
    }

    /// This lattice cut into rows of `pitch` scalars; nil if its pieces would cross them.
    func bands(pitch: Int) -> [Band]? {
        let row = offset / pitch
        let column = offset % pitch
        if self.pitch == pitch {
            let inner = Lattice(offset: column, levels: Array(levels.dropFirst()), length: length)
            guard column + span(of: levels.dropFirst()) <= pitch else { return nil }
            return [Band(rows: row..<(row + levels[0].extent), inner: inner)]
        }
        if column + span(of: levels[...]) <= pitch {
            return [Band(rows: row..<(row + 1), inner: Lattice(offset: column, levels: levels, length: length))]
        }
        guard levels.isEmpty else { return nil }
        return intervalBands(pitch: pitch, row: row, column: column)
    }

    private func intervalBands(pitch: Int, row: Int, column: Int) -> [Band] {
        let end = offset + length
        let lastRow = end / pitch
        var bands = [Band(rows: row..<(row + 1), inner: Lattice(offset: column, levels: [], length: pitch - column))]
        if row + 1 < lastRow {
            bands.append(Band(rows: (row + 1)..<lastRow, inner: Lattice(offset: 0, levels: [], length: pitch)))
        }
        if end % pitch > 0 {
            bands.append(
                Band(rows: lastRow..<(lastRow + 1), inner: Lattice(offset: 0, levels: [], length: end % pitch)))
        }
        return bands
    }
}

extension AddressRule {
    /// True if different edges hold different scalars, apart from the copies that levels of stride 0 make.
    public var isInjectiveButForCopies: Bool { Lattice(self) != nil }
}
