import NeuralGraphs

/// How the digits at the ends of an edge block fail to be those of its tensor.
struct DigitMismatch {
    enum Kind {
        /// A level of the address rule cuts through a group.
        case cut
        /// The tensor has a group digit that no end, or not the right one, moves.
        case notFollowed(group: Int)
        /// An end has a group digit that moves the scalars of the tensor where no such group does.
        case notMoved(group: Int)
        /// Positions that nothing moves run into digits that a group moves, or out of their segment.
        case overrun
    }

    let kind: Kind
    /// Those of the tensor around the place, one an axis.
    let segments: [[AxisFactor]]
    let groups: Set<Int>

    func groupNames(_ claims: Symmetries) -> [String] { groups.sorted().map { claims.groups[$0].name } }

    /// The tensor's axes at the place, one after the other.
    func axisText(_ axes: [Axis], _ claims: Symmetries) -> String {
        segments.isEmpty
            ? axes.map(claims.text).joined(separator: " × ") : segments.map(claims.text).joined(separator: " × ")
    }

    func expectation(_ claims: Symmetries) -> String {
        switch kind {
        case .cut: "levels that keep each group of the node blocks whole"
        case .notFollowed(let group):
            "one end whose \(claims.groups[group].name) picks the same scalars as the tensor's"
        case .notMoved(let group): "a tensor axis that \(claims.groups[group].name) moves as it moves the nodes"
        case .overrun: "scalars of one segment of each axis"
        }
    }
}

/// Matches the node digits of one pair of segments with the digits of the tensor there.
struct DigitMatch {
    private let target: TargetDigits
    private let groups: [PermutationGroup]
    /// Which end moves each group digit of the tensor.
    private var follower: [Int?]
    /// The largest value that positions that nothing moves reach in each digit.
    private var reach: [Int]

    /// - Parameters:
    ///   - parts: one for each end that has a say in the address.
    ///   - slots: consecutive scalars on an edge.
    /// - Returns: nil if all digits match.
    static func mismatch(_ parts: [SidePart], slots: Int, _ target: TargetDigits, _ groups: [PermutationGroup])
        -> DigitMismatch?
    {
        var match = DigitMatch(
            target: target, groups: groups, follower: Array(repeating: nil, count: target.digits.count),
            reach: target.values)
        let slot = SidePart(segment: [], offset: 0, digits: [IndexDigit(group: nil, extent: slots, stride: 1)])
        for (side, part) in (parts + [slot]).enumerated() {
            // Stride 0 makes copies: the tensor does not care.
            for digit in part.digits where digit.extent > 1 && digit.stride > 0 {
                if let mismatch = match.place(digit, of: side) { return mismatch }
            }
        }
        return match.checkTensor()
    }

    private mutating func place(_ digit: IndexDigit, of side: Int) -> DigitMismatch? {
        guard let place = target.digits.firstIndex(where: { $0.stride <= digit.stride }) else {
            return fail(.overrun, [])
        }
        let found = target.digits[place]
        guard digit.group == found.group, digit.stride.isMultiple(of: found.stride) else {
            let groups = Set([digit.group, found.group].compactMap { $0 })
            return fail(
                digit.group.map { .notMoved(group: $0) } ?? found.group.map { .notFollowed(group: $0) } ?? .overrun,
                groups)
        }
        if let group = digit.group {
            guard digit.stride == found.stride, follower[place] == nil else {
                return fail(.notFollowed(group: group), [group])
            }
            follower[place] = side
        } else {
            reach[place] += (digit.extent - 1) * digit.stride / found.stride
        }
        return nil
    }

    /// Every group digit of the tensor is followed, and nothing else leaves its digit.
    private func checkTensor() -> DigitMismatch? {
        for (place, digit) in target.digits.enumerated() {
            guard let group = digit.group else {
                if reach[place] >= digit.extent { return fail(.overrun, []) }
                continue
            }
            guard let side = follower[place], target.values[place] == 0 else {
                return fail(.notFollowed(group: group), [group])
            }
            // A family moves with the groups it depends on, so they must be followed at the same end.
            for other in groups[group].dependsOn where groups[other].size > 1 {
                let isFollowed = target.digits.indices.contains {
                    target.digits[$0].group == other && follower[$0] == side
                }
                if !isFollowed { return fail(.notFollowed(group: other), [group, other]) }
            }
        }
        return nil
    }

    private func fail(_ kind: DigitMismatch.Kind, _ groups: Set<Int>) -> DigitMismatch {
        DigitMismatch(kind: kind, segments: target.segments, groups: groups)
    }
}
