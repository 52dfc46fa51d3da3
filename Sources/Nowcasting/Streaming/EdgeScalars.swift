import NeuralGraphs

/// Where the scalars of a stream's edges lie in their parameter.
struct EdgeScalars: Sendable {
    enum Addresses: Sendable {
        /// The sum of an offset, the target's address and the source's.
        case separable(offset: Int, targets: IndexRuns, sources: IndexRuns)
        /// Of every edge, [targets, fanIn].
        case listed([Int])
    }

    /// Index in the parameter list.
    let parameter: Int
    /// Consecutive scalars on each edge.
    let slots: Int
    let addresses: Addresses
    /// Whether neighbouring targets lie closer together than neighbouring sources.
    let targetsAreInner: Bool
    /// Whether different targets, or different places, hold different scalars.
    let targetsDiffer: Bool
    let placesDiffer: Bool

    init(_ rule: AddressRule, isReversed: Bool) {
        let (targetLevels, sourceLevels) = isReversed ? (rule.from, rule.to) : (rule.to, rule.from)
        let (targets, sources) = (IndexRuns(targetLevels), IndexRuns(sourceLevels))
        (parameter, slots) = (rule.parameter, rule.slots)
        addresses = .separable(offset: rule.offset, targets: targets, sources: sources)
        targetsAreInner = targets.innerStride < sources.innerStride
        let hasCopies = { (levels: [IndexLevel]) in levels.contains { $0.stride == 0 && $0.extent > 1 } }
        let isInjective = rule.isInjectiveButForCopies
        targetsDiffer = isInjective && !hasCopies(targetLevels)
        placesDiffer = isInjective && !hasCopies(sourceLevels)
    }

    init(parameter: Int, slots: Int, listed addresses: [Int]) {
        (self.parameter, self.slots, self.addresses) = (parameter, slots, .listed(addresses))
        (targetsAreInner, targetsDiffer, placesDiffer) = (false, false, false)
    }

    /// Calls `body` for each patch of scalars of one slot in a panel, with the row and the column of its corner in
    /// [outer, inner].
    func forEachPatch(
        of panel: EdgePanel, in stream: EdgeStream, slot: Int,
        _ body: (_ patch: ScalarPatch, _ row: Int, _ column: Int) throws -> Void
    ) rethrows {
        let targetRange = panel.targets.shifted(by: -stream.targets.lowerBound)
        switch addresses {
        case .separable(let offset, let targets, let sources):
            let (outer, outerRange) = targetsAreInner ? (sources, panel.places) : (targets, targetRange)
            let (inner, innerRange) = targetsAreInner ? (targets, targetRange) : (sources, panel.places)
            try outer.forEach(in: outerRange) { row, rowCount, rowAddress, rowStride in
                try inner.forEach(in: innerRange) { column, columnCount, columnAddress, columnStride in
                    let patch = ScalarPatch(
                        parameter: parameter, first: offset + rowAddress + columnAddress + slot, rows: rowCount,
                        rowStride: rowStride, columns: columnCount, columnStride: columnStride)
                    try body(patch, row, column)
                }
            }
        case .listed(let addresses):
            for (row, target) in targetRange.enumerated() {
                let own = addresses[(target * stream.fanIn)..<((target + 1) * stream.fanIn)]
                try own[(own.startIndex + panel.places.lowerBound)..<(own.startIndex + panel.places.upperBound)]
                    .forEachRun { place, count, address, stride in
                        let patch = ScalarPatch(
                            parameter: parameter, first: address + slot, rows: 1, rowStride: 0, columns: count,
                            columnStride: stride)
                        try body(patch, row, place)
                    }
            }
        }
    }
}

extension ArraySlice<Int> {
    /// Calls `body` for each run of evenly spaced numbers, with its place, its length, its first number and their
    /// distance.
    fileprivate func forEachRun(_ body: (_ place: Int, _ count: Int, _ first: Int, _ stride: Int) throws -> Void)
        rethrows
    {
        var start = startIndex
        while start < endIndex {
            let stride = start + 1 < endIndex ? self[start + 1] - self[start] : 1
            var end = start + 1
            while end < endIndex, stride > 0, self[end] - self[end - 1] == stride { end += 1 }
            try body(start - startIndex, end - start, self[start], Swift.max(1, stride))
            start = end
        }
    }
}
