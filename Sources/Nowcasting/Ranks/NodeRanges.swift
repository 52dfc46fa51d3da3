/// Some nodes, as ranges in order that do not touch.
struct NodeRanges: Sendable, Equatable {
    private(set) var ranges: [Range<Int>]

    init(_ ranges: some Sequence<Range<Int>>) {
        var joined: [Range<Int>] = []
        for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound >= range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        self.ranges = joined
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    func intersection(_ other: Range<Int>) -> [Range<Int>] {
        ranges.map { $0.clamped(to: other) }.filter { !$0.isEmpty }
    }
}

/// Ranges as they come, kept short.
struct NodeRangeCollector {
    private var pending: [Range<Int>] = []

    mutating func add(_ range: Range<Int>) {
        guard let last = pending.last else { return pending.append(range) }
        // Most neighbours in a plan touch.
        if range.lowerBound <= last.upperBound, last.lowerBound <= range.upperBound {
            pending[pending.count - 1] =
                min(last.lowerBound, range.lowerBound)..<max(last.upperBound, range.upperBound)
        } else {
            pending.append(range)
            if pending.count >= Self.most { pending = NodeRanges(pending).ranges }
        }
    }

    private static let most = 1 << 14

    var nodes: NodeRanges { NodeRanges(pending) }
}
