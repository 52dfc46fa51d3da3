/// A permutation group of the architecture, or a family of them: one permutation of `size` items for every index of
/// the groups it depends on.
public struct Group: Sendable {
    /// Distinct within the model, e.g. `hidden_0`.
    public let name: String
    /// Number of items one permutation moves.
    public let size: Int
    /// Names of the groups that index the family, outermost first; empty for a single permutation.
    public let dependsOn: [String]

    /// Describes a group. Modules add the groups of their axes to the model; ``ModelBuilder/group(_:)`` adds one by
    /// hand.
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
