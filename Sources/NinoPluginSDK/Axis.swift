/// A permutation group of the architecture, or a family of them: one permutation of `size` items for every index of the groups
/// it depends on.
public struct Group: Sendable {
    public let name: String
    public let size: Int
    public let dependsOn: [String]

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

/// One axis of a tensor or of a node block, and with it its size: segments one behind the other, each a product of groups and
/// fixed positions, outermost first. An integer literal is an axis that nothing moves.
///
/// ```swift
/// let flattened = Axis([.group(channels), .fixed(49)])   // channel slow, pixel fast
/// let fused = queryAxis + keyAxis + valueAxis            // one behind the other
/// ```
public struct Axis: Sendable, ExpressibleByIntegerLiteral {
    public enum Factor: Sendable {
        case group(Group)
        case fixed(Int)

        public var size: Int {
            switch self {
            case .group(let group): group.size
            case .fixed(let count): count
            }
        }
    }

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

    public init(integerLiteral count: Int) {
        self.init(fixed: count)
    }

    private init(segments: [[Factor]]) {
        self.segments = segments
    }

    public static func + (first: Axis, second: Axis) -> Axis {
        Axis(segments: first.segments + second.segments)
    }

    /// Number of positions.
    public var size: Int {
        segments.reduce(0) { $0 + $1.reduce(1) { $0 * $1.size } }
    }
}
