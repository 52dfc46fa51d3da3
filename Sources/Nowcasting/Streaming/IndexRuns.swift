import NeuralGraphs

/// An index of mixed radix cut into runs of evenly spaced addresses.
struct IndexRuns: Sendable {
    /// Outermost first; neighbours that continue each other are joined.
    private let levels: [IndexLevel]

    init(_ levels: [IndexLevel]) {
        self.levels = AddressRule.joined(levels)
    }

    /// Distance between neighbouring addresses in a run; for an index that never moves, farther than any other.
    var innerStride: Int { levels.last?.stride ?? Int.max }

    /// Calls `body` for each run inside `range`, in order, with its place in the range, its length, the address of its
    /// first index and the distance between addresses.
    @inline(__always)
    func forEach(
        in range: Range<Int>, _ body: (_ place: Int, _ count: Int, _ address: Int, _ stride: Int) throws -> Void
    ) rethrows {
        guard let inner = levels.last else { return try body(0, range.count, 0, 0) }
        var index = range.lowerBound
        while index < range.upperBound {
            let count = min(range.upperBound - index, inner.extent - index % inner.extent)
            try body(index - range.lowerBound, count, address(of: index), inner.stride)
            index += count
        }
    }

    /// The addresses of all indices below `count`.
    func addresses(_ count: Int) -> [Int] {
        var addresses = [Int](repeating: 0, count: count)
        forEach(in: 0..<count) { place, run, address, stride in
            for index in 0..<run { addresses[place + index] = address + index * stride }
        }
        return addresses
    }

    private func address(of index: Int) -> Int {
        var rest = index
        var address = 0
        for level in levels.reversed() {
            address += rest % level.extent * level.stride
            rest /= level.extent
        }
        return address
    }
}
