import NeuralGraphs
import Tensors

/// Where a group acts: one segment of one axis of one tensor.
struct Place: Hashable {
    let tensor: String
    let axis: Int
    let segment: Int
    /// The segment's positions on the axis.
    let positions: [Int]
    let factors: [AxisFactor]

    /// All places of a group, in the order of the tensors.
    static func all(of group: Int, _ claims: Symmetries, tensors: [MovableTensor]) -> [Place] {
        tensors.flatMap { tensor in
            (claims.axes[tensor.name] ?? []).enumerated().flatMap { axis, claimed in
                claimed.placed(in: claims.groups).enumerated().compactMap { number, segment in
                    segment.factors.contains(.group(group))
                        ? Place(
                            tensor: tensor.name, axis: axis, segment: number, positions: segment.positions,
                            factors: segment.factors) : nil
                }
            }
        }
    }

    /// As in a message: the tensor, and which of its segments if there are several.
    func text(_ claims: Symmetries) -> String {
        let segments = claims.axes[tensor]![axis].segments.count
        return segments == 1 ? tensor : "\(tensor) segment \(segment + 1) of \(segments)"
    }
}

/// Elements of the group but for one place, where the tensor moves otherwise: no symmetries, and a proof must say so.
struct NegativeControl {
    enum Kind: CaseIterable {
        /// The segment stays where it is.
        case leftOut
        /// Each member of the family does there what its neighbour does elsewhere.
        case anotherMember
        /// There the family has a member for every index in front of it, not only for the groups it depends on.
        case moreMembers
        /// The permutation acts on another axis of the tensor, of the same size.
        case anotherAxis
    }

    let kind: Kind
    let group: Int
    let place: Place

    /// All controls of a group; they follow from the claims alone.
    static func all(of group: Int, at places: [Place], _ claims: Symmetries) -> [NegativeControl] {
        places.flatMap { place in
            Kind.allCases.filter { exists($0, group, at: place, claims) }.map {
                NegativeControl(kind: $0, group: group, place: place)
            }
        }
    }

    /// A random element, and what the control makes of it; nil if no element was found of which it makes something
    /// else.
    func draw(_ claims: Symmetries, using random: inout SeededRandom) -> (element: GroupElement, action: TensorAction)?
    {
        for _ in 0..<100 {
            let element = GroupElement(claims.groups, moving: { $0 == claims.groups[group].name }, using: &random)
            let claimed = TensorAction(element, claims)
            let action = departure(from: claimed, element, claims, using: &random)
            if action != claimed { return (element, action) }
        }
        return nil
    }

    /// Whether leaving the place out, or moving it by another member, is an element of the group again: it is where
    /// the group acts nowhere else.
    func isVacuous(_ claims: Symmetries) -> Bool {
        guard kind == .leftOut || kind == .anotherMember else { return false }
        let acts = claims.axes.values.joined().flatMap(\.segments).count { $0.contains(.group(group)) }
        return acts == 1
    }

    func text(_ claims: Symmetries) -> String {
        "\(kind.text) at \(place.text(claims))"
    }

    private static func exists(_ kind: Kind, _ group: Int, at place: Place, _ claims: Symmetries) -> Bool {
        switch kind {
        case .leftOut: return true
        case .anotherMember: return claims.groups[group].dependsOn.contains { claims.groups[$0].size > 1 }
        case .moreMembers: return !extraIndices(group, place, claims).isEmpty
        case .anotherAxis: return otherAxis(place, claims) != nil
        }
    }

    /// Groups in front of the family in the segment on which it does not depend.
    private static func extraIndices(_ group: Int, _ place: Place, _ claims: Symmetries) -> [Int] {
        place.factors.prefix { $0 != .group(group) }.compactMap { $0.group(in: claims.groups) }.filter {
            !claims.groups[group].dependsOn.contains($0)
        }
    }

    /// An axis of the tensor with as many positions as the place's, both of one segment.
    private static func otherAxis(_ place: Place, _ claims: Symmetries) -> Int? {
        let axes = claims.axes[place.tensor]!
        guard axes[place.axis].segments.count == 1 else { return nil }
        let size = axes[place.axis].size(in: claims.groups)
        return axes.indices.first { $0 != place.axis && axes[$0].size(in: claims.groups) == size }
    }

    private func departure(
        from claimed: TensorAction, _ element: GroupElement, _ claims: Symmetries, using random: inout SeededRandom
    ) -> TensorAction {
        var action = claimed
        let segment = Axis(segments: [place.factors])
        let resting = Array(0..<segment.size(in: claims.groups))
        switch kind {
        case .leftOut:
            action.replace(tensor: place.tensor, axis: place.axis, positions: place.positions, by: resting)
        case .anotherMember:
            action.replace(
                tensor: place.tensor, axis: place.axis, positions: place.positions,
                by: element.rotatingMembers(of: group).images(of: segment))
        case .moreMembers:
            var groups = claims.groups
            let prefix = claims.groups[group].dependsOn + Self.extraIndices(group, place, claims)
            groups[group] = PermutationGroup(name: groups[group].name, size: groups[group].size, dependsOn: prefix)
            let larger = GroupElement(groups, moving: { $0 == groups[group].name }, using: &random)
            action.replace(
                tensor: place.tensor, axis: place.axis, positions: place.positions,
                by: larger.images(of: segment))
        case .anotherAxis:
            action.replace(tensor: place.tensor, axis: place.axis, positions: place.positions, by: resting)
            action.replace(
                tensor: place.tensor, axis: Self.otherAxis(place, claims)!, positions: resting,
                by: element.images(of: segment))
        }
        return action
    }
}

extension NegativeControl.Kind {
    var text: String {
        switch self {
        case .leftOut: "left out"
        case .anotherMember: "another member of the family"
        case .moreMembers: "a permutation of its own for every index in front"
        case .anotherAxis: "on another axis"
        }
    }
}
