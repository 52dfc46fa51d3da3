/// Permutation groups, and where they act: what a plugin claims, or what a derivation finds. Source: docs/symmetry.md.
public struct Symmetries: Sendable, Equatable {
    public let groups: [PermutationGroup]
    /// For each tensor by name, one axis a dimension. A tensor that is not listed stays as it is.
    public let axes: [String: [Axis]]

    public init(groups: [PermutationGroup], axes: [String: [Axis]]) {
        self.groups = groups
        self.axes = axes
    }
}
