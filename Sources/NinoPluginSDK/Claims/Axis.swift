/// One axis of a tensor or of a node block, and with it its size: segments one behind the other, each a product of
/// groups and fixed positions, outermost first. An integer literal is an axis that nothing moves.
///
/// ```swift
/// let flattened = Axis([.group(channels), .fixed(49)])   // channel slow, pixel fast
/// let fused = queryAxis + keyAxis + valueAxis            // one behind the other
/// ```
public struct Axis: Sendable, ExpressibleByIntegerLiteral {
    /// One factor of a segment's product.
    public enum Factor: Sendable {
        /// The items of a group: its permutation moves them.
        case group(Group)
        /// Positions that nothing moves.
        case fixed(Int)

        /// Number of positions.
        public var size: Int {
            switch self {
            case .group(let group): group.size
            case .fixed(let count): count
            }
        }
    }

    /// The segments in order, each the factors of its product, outermost first.
    public let segments: [[Factor]]

    /// A product of factors, outermost first.
    public init(_ factors: [Factor]) {
        segments = [factors]
    }

    /// The items of one group.
    public init(_ group: Group) {
        self.init([.group(group)])
    }

    /// Positions that nothing moves.
    public init(fixed count: Int) {
        self.init([.fixed(count)])
    }

    /// Positions that nothing moves: `3` is `Axis(fixed: 3)`.
    public init(integerLiteral count: Int) {
        self.init(fixed: count)
    }

    private init(segments: [[Factor]]) {
        self.segments = segments
    }

    /// The segments of one axis behind those of another, as a fused weight has them.
    public static func + (first: Axis, second: Axis) -> Axis {
        Axis(segments: first.segments + second.segments)
    }

    /// Each position made `count` fixed ones, as a flatten does with the pixels of a channel.
    public func times(_ count: Int) -> Axis {
        guard count > 1 else { return self }
        return Axis(
            segments: segments.map { factors in
                guard case .fixed(let inner)? = factors.last else { return factors + [.fixed(count)] }
                return factors.dropLast() + [.fixed(inner * count)]
            })
    }

    /// The groups that move it, each after those it depends on.
    var groups: [Group] {
        segments.joined().compactMap { factor in
            if case .group(let group) = factor { group } else { nil }
        }
    }

    /// One of `count` equal parts of a fused axis: its segments if they divide so, else positions that nothing moves.
    func part(_ index: Int, of count: Int) -> Axis {
        let share = segments.count / count
        let part = Axis(segments: Array(segments.dropFirst(index * share).prefix(share)))
        return segments.count.isMultiple(of: count) && part.size * count == size ? part : Axis(fixed: size / count)
    }

    /// Number of positions.
    public var size: Int {
        segments.reduce(0) { $0 + $1.reduce(1) { $0 * $1.size } }
    }
}
