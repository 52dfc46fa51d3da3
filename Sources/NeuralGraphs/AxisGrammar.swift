/// A named permutation group, or a family of them.
///
/// A group that depends on others is a family: one permutation of `size` items for every index of the groups
/// it depends on. Source: the axis grammar of symmetry.md, in docs/symmetry.md.
public struct PermutationGroup: Sendable, Equatable {
    public let name: String
    /// How many items one member permutes.
    public let size: Int
    /// Indices (into the same list of groups) of the groups this one depends on, outermost first; all smaller than its
    /// own index.
    public let dependsOn: [Int]
    /// True for positions that stay where they are and have a name only because other groups depend on them.
    public let isFixed: Bool

    public init(name: String, size: Int, dependsOn: [Int] = [], isFixed: Bool = false) {
        self.name = name
        self.size = size
        self.dependsOn = dependsOn
        self.isFixed = isFixed
    }

    /// False where nothing can move.
    public var moves: Bool { size > 1 && !isFixed }
}

/// One factor of a segment: an index that a group permutes, or one that nothing moves.
public enum AxisFactor: Sendable, Equatable, Hashable {
    /// Index of a group in the model's list of groups.
    case group(Int)
    /// This many positions, each in its place.
    case fixed(Int)
}

/// One axis of a parameter or of a node block: segments, each a product of factors, outermost first.
public struct Axis: Sendable, Equatable, Hashable {
    public let segments: [[AxisFactor]]
    /// Where the segments lie, if they are interleaved; nil: one behind the other.
    ///
    /// Queries, keys and values of every head side by side are three segments with the heads in common: head h of a
    /// segment begins `strides[0]` positions behind head h − 1, not right behind it.
    public let placements: [Placement]?

    /// The first position of a segment, and how far apart the positions of each of its factors lie.
    public struct Placement: Sendable, Equatable, Hashable {
        public let offset: Int
        public let strides: [Int]

        public init(offset: Int, strides: [Int]) {
            self.offset = offset
            self.strides = strides
        }
    }

    /// - Parameter placements: one a segment; together they hold every position once.
    public init(segments: [[AxisFactor]], placements: [Placement]? = nil) {
        self.segments = segments
        self.placements = placements
    }

    /// An axis of one segment.
    public init(_ factors: AxisFactor...) {
        self.init(segments: [factors])
    }

    /// Number of positions, given the groups it names.
    public func size(in groups: [PermutationGroup]) -> Int {
        segments.reduce(0) { $0 + Self.size(of: $1, in: groups) }
    }

    private static func size(of factors: [AxisFactor], in groups: [PermutationGroup]) -> Int {
        factors.reduce(1) { $0 * $1.count(in: groups) }
    }

    /// A segment with the place of each of its positions.
    public struct PlacedSegment: Sendable, Equatable {
        public let factors: [AxisFactor]
        public let sizes: [Int]
        public let offset: Int
        public let strides: [Int]

        public init(factors: [AxisFactor], sizes: [Int], offset: Int, strides: [Int]) {
            (self.factors, self.sizes, self.offset, self.strides) = (factors, sizes, offset, strides)
        }

        public var count: Int { sizes.reduce(1, *) }

        /// Positions from the first to the last one.
        public var span: Int { 1 + zip(sizes, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 } }

        /// The positions, in the order of the segment.
        public var positions: [Int] {
            zip(sizes, strides).reduce([offset]) { positions, digit in
                positions.flatMap { start in (0..<digit.0).map { start + $0 * digit.1 } }
            }
        }
    }

    public func placed(in groups: [PermutationGroup]) -> [PlacedSegment] {
        var start = 0
        return segments.enumerated().map { number, factors in
            let sizes = factors.map { $0.count(in: groups) }
            var inner = sizes.reduce(1, *)
            defer { start += sizes.reduce(1, *) }
            if let placement = placements?[number] {
                return PlacedSegment(
                    factors: factors, sizes: sizes, offset: placement.offset, strides: placement.strides)
            }
            let strides = sizes.map { size in
                inner /= size
                return inner
            }
            return PlacedSegment(factors: factors, sizes: sizes, offset: start, strides: strides)
        }
    }
}

extension AxisFactor {
    /// Number of values it takes.
    public func count(in groups: [PermutationGroup]) -> Int {
        switch self {
        case .group(let index): groups[index].size
        case .fixed(let count): count
        }
    }
}
