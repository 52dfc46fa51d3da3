import NeuralGraphs

/// A factor of an axis as what it does to positions, however the axis is written: of the `span` positions from `offset`
/// on, it moves the digit of weight `stride`, which has `size` values.
struct FactorPlace: Sendable, Hashable, Comparable {
    let tensor: String
    let axis, offset, span, stride, size: Int

    static func < (a: FactorPlace, b: FactorPlace) -> Bool {
        (a.tensor, a.axis, a.offset, b.stride) < (b.tensor, b.axis, b.offset, a.stride)
    }

    /// Both tell some two positions apart, or move them.
    func overlaps(_ other: FactorPlace) -> Bool {
        guard (tensor, axis) == (other.tensor, other.axis), offset < other.offset + other.span,
            other.offset < offset + span
        else { return false }
        return stride < other.stride * other.size && other.stride < stride * size
    }

    /// The axis as a person writes it.
    var axisName: String { "\(tensor) axis \(axis)" }
}

/// Where a group acts, and on what it depends: two groups of the same action permute the same things.
struct GroupAction: Hashable {
    let places: Set<FactorPlace>
    let dependsOn: Set<GroupAction>

    /// Of each group that moves anything; a group of one item, or that acts nowhere, has none.
    static func all(of symmetries: Symmetries) -> [GroupAction?] {
        var places = [Set<FactorPlace>](repeating: [], count: symmetries.groups.count)
        for (tensor, axes) in symmetries.axes {
            for (axis, written) in axes.enumerated() {
                for segment in written.placed(in: symmetries.groups) {
                    for (number, factor) in segment.factors.enumerated() {
                        guard case .group(let group) = factor else { continue }
                        places[group].insert(
                            FactorPlace(
                                tensor: tensor, axis: axis, offset: segment.offset, span: segment.span,
                                stride: segment.strides[number], size: segment.sizes[number]))
                    }
                }
            }
        }
        // Fixed positions count where others depend on them, but permute nothing themselves.
        var actions: [GroupAction?] = []
        for (group, places) in zip(symmetries.groups, places) {
            let isTrivial = group.size == 1 || places.isEmpty
            actions.append(
                isTrivial
                    ? nil : GroupAction(places: places, dependsOn: Set(group.dependsOn.compactMap { actions[$0] })))
        }
        return zip(symmetries.groups, actions).map { $0.isFixed ? nil : $1 }
    }
}
