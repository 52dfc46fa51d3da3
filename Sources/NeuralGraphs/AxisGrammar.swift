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

    public init(name: String, size: Int, dependsOn: [Int] = []) {
        self.name = name
        self.size = size
        self.dependsOn = dependsOn
    }
}

/// One factor of a segment: an index that a group permutes, or one that nothing moves.
public enum AxisFactor: Sendable, Equatable, Hashable {
    /// Index of a group in the model's list of groups.
    case group(Int)
    /// This many positions, each in its place.
    case fixed(Int)
}

/// One axis of a parameter or of a node block: segments one behind the other, each a product of factors, outermost
/// first.
public struct Axis: Sendable, Equatable, Hashable {
    public let segments: [[AxisFactor]]

    public init(segments: [[AxisFactor]]) {
        self.segments = segments
    }

    /// An axis of one segment.
    public init(_ factors: AxisFactor...) {
        self.segments = [factors]
    }

    /// Number of positions, given the groups it names.
    public func size(in groups: [PermutationGroup]) -> Int {
        segments.reduce(0) { total, factors in
            total
                + factors.reduce(1) { product, factor in
                    switch factor {
                    case .group(let index): product * groups[index].size
                    case .fixed(let count): product * count
                    }
                }
        }
    }
}
