import NeuralGraphs

/// One digit of an index: what permutes it, how many values it takes, and how far apart they lie as scalars.
struct IndexDigit: Equatable {
    /// nil: nothing moves it.
    let group: Int?
    let extent: Int
    let stride: Int
}

/// The nodes of one segment of a block's axis, with the scalars they reach: node (i, j, …) reaches `offset` + Σ digit ×
/// stride.
struct SidePart {
    let segment: [AxisFactor]
    let offset: Int
    let digits: [IndexDigit]

    /// Writes the index of a node block in digits that are finer than both its axis and the levels of an address rule.
    ///
    /// - Returns: one part a segment; nil where a level cuts through a group, so that no permutation of it can be
    ///   followed.
    static func parts(of axis: Axis, levels: [IndexLevel], groups: [PermutationGroup]) -> [SidePart]? {
        let levels = AddressRule.joined(levels)
        var parts: [SidePart] = []
        guard axis.placements == nil else {
            for segment in axis.placed(in: groups) {
                guard let part = part(of: segment, levels, groups) else { return nil }
                parts.append(part)
            }
            return parts
        }
        var start = 0
        for segment in axis.segments {
            let factors = segment.map { (group: $0.group(in: groups), size: $0.size(in: groups)) }.filter {
                $0.size > 1
            }
            let count = factors.reduce(1) { $0 * $1.size }
            guard let cut = cut(levels[...], to: start..<(start + count)), let digits = refine(factors, cut.levels)
            else { return nil }
            parts.append(SidePart(segment: segment, offset: cut.offset, digits: digits))
            start += count
        }
        return parts
    }

    /// The same for a segment that may lie between the positions of others.
    private static func part(of segment: Axis.PlacedSegment, _ levels: [IndexLevel], _ groups: [PermutationGroup])
        -> SidePart?
    {
        // Levels with the distance of their values as indices, and how far each is used.
        var index = levels.reduce(1) { $0 * $1.extent }
        var (address, rest) = (0, segment.offset)
        var places: [(index: Int, level: IndexLevel, reach: Int)] = levels.map { level in
            index /= level.extent
            defer { rest %= index }
            address += rest / index * level.stride
            return (index, level, rest / index)
        }
        var digits: [IndexDigit] = []
        for (factor, (size, distance)) in zip(segment.factors, zip(segment.sizes, segment.strides)) where size > 1 {
            var (left, distance) = (size, distance)
            while left > 1 {
                guard let number = places.firstIndex(where: { $0.index <= distance }) else { return nil }
                let place = places[number]
                let step = distance / place.index
                guard distance.isMultiple(of: place.index), place.level.extent.isMultiple(of: step) else { return nil }
                let extent = min(left, place.level.extent / step)
                let group = factor.group(in: groups)
                guard extent > 1, left.isMultiple(of: extent), group == nil || extent == size else { return nil }
                places[number].reach += (extent - 1) * step
                guard places[number].reach < place.level.extent else { return nil }
                digits.append(IndexDigit(group: group, extent: extent, stride: step * place.level.stride))
                (left, distance) = (left / extent, distance * extent)
            }
        }
        return SidePart(segment: segment.factors, offset: address, digits: digits)
    }

    /// The levels seen from a range of indices, with the address of its first one; nil if the range is no box of
    /// digits.
    private static func cut(_ levels: ArraySlice<IndexLevel>, to range: Range<Int>) -> (
        offset: Int, levels: [IndexLevel]
    )? {
        guard let first = levels.first else { return range == 0..<1 ? (0, []) : nil }
        let inner = levels.dropFirst()
        let row = inner.reduce(1) { $0 * $1.extent }
        if range.lowerBound.isMultiple(of: row), range.count.isMultiple(of: row) {
            return (
                range.lowerBound / row * first.stride,
                [IndexLevel(extent: range.count / row, stride: first.stride)] + inner
            )
        }
        let number = range.lowerBound / row
        guard (range.upperBound - 1) / row == number else { return nil }
        let inside = cut(inner, to: (range.lowerBound - number * row)..<(range.upperBound - number * row))
        return inside.map { ($0.offset + number * first.stride, $0.levels) }
    }

    /// From the innermost factor and level outwards. Factors that nothing moves may be split, groups may not.
    private static func refine(_ factors: [(group: Int?, size: Int)], _ levels: [IndexLevel]) -> [IndexDigit]? {
        var levels = levels.filter { $0.extent > 1 }
        var digits: [IndexDigit] = []
        for factor in factors.reversed() {
            var left = factor.size
            while left > 1 {
                guard let level = levels.popLast() else { return nil }
                let extent = min(left, level.extent)
                guard left.isMultiple(of: extent), level.extent.isMultiple(of: extent),
                    factor.group == nil || extent == factor.size
                else { return nil }
                digits.append(IndexDigit(group: factor.group, extent: extent, stride: level.stride))
                if level.extent > extent {
                    levels.append(IndexLevel(extent: level.extent / extent, stride: level.stride * extent))
                }
                left /= extent
            }
        }
        return digits
    }
}

extension AxisFactor {
    /// nil for fixed positions, and for a group of one item, which moves nothing.
    func group(in groups: [PermutationGroup]) -> Int? {
        if case .group(let index) = self, groups[index].size > 1 { index } else { nil }
    }

    func size(in groups: [PermutationGroup]) -> Int {
        switch self {
        case .group(let index): groups[index].size
        case .fixed(let count): count
        }
    }
}
