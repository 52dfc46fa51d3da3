/// A permutation group of the architecture, or a family of them: one permutation of `size` items for every index of the
/// groups
/// it depends on.
public struct Group: Sendable {
    /// Distinct within the model, e.g. `hidden_0`.
    public let name: String
    /// Number of items one permutation moves.
    public let size: Int
    /// Names of the groups that index the family, outermost first; empty for a single permutation.
    public let dependsOn: [String]

    /// Describes a group; ``ModelBuilder/group(_:)`` adds it to a model.
    ///

    /// - Parameters:
    ///   - name: distinct within the model, e.g. `hidden_0`.
    ///   - size: number of items one permutation moves.
    ///   - dependsOn: for a family, the groups that index it, outermost first; added to the model before this one.
    public init(_ name: String, size: Int, dependsOn: [Group] = []) {
        self.name = name
        self.size = size
        self.dependsOn = dependsOn.map(\.name)
    }
}

/// One axis of a tensor or of a node block, and with it its size: segments one behind the other, each a product of
/// groups and
/// fixed positions, outermost first. An integer literal is an axis that nothing moves.
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

    /// Number of positions.
    public var size: Int {
        segments.reduce(0) { $0 + $1.reduce(1) { $0 * $1.size } }
    }
}
