import Tensors

/// One element of a model's symmetry: a permutation for every group, and for a family one for every index of the groups
/// it depends on. Source: the action of docs/symmetry.md.
public struct GroupElement: Sendable {
    private let groups: [PermutationGroup]
    /// By the group's index, followed by the indices in the groups it depends on: where each item goes.
    private var permutations: [[Int]: [Int]] = [:]
    /// Indices of the groups that do not stay at rest.
    private var moving: Set<Int> = []

    /// The identity.
    public init(_ groups: [PermutationGroup]) {
        self.groups = groups
        for (index, group) in groups.enumerated() {
            for key in Self.keys(of: index, groups) { permutations[key] = Array(0..<group.size) }
        }
    }

    /// A random element.
    /// - Parameter moved: names of the groups that do not stay at rest; of each, at least one member moves something.
    public init(_ groups: [PermutationGroup], moving moved: (String) -> Bool, using random: inout SeededRandom) {
        self.init(groups)
        for (index, group) in groups.enumerated() where group.moves && moved(group.name) {
            let keys = Self.keys(of: index, groups)
            moving.insert(index)
            repeat {
                for key in keys { permutations[key] = random.permutation(group.size) }
            } while keys.allSatisfy { permutations[$0] == Array(0..<group.size) }
        }
    }

    /// The same permutations, but every member of a family takes those of the member behind it.
    public func rotatingMembers(of group: Int) -> GroupElement {
        let keys = Self.keys(of: group, groups)
        var rotated = self
        for (key, next) in zip(keys, keys.dropFirst() + keys.prefix(1)) {
            rotated.permutations[key] = permutations[next]
        }
        return rotated
    }

    /// Every index of the groups that group `index` depends on, behind that number.
    private static func keys(of index: Int, _ groups: [PermutationGroup]) -> [[Int]] {
        groups[index].dependsOn.reduce([[index]]) { keys, other in
            keys.flatMap { key in (0..<groups[other].size).map { key + [$0] } }
        }
    }

    /// Whether a group that does not stay at rest acts on an axis.
    public func moves(_ axis: Axis) -> Bool {
        axis.segments.joined().contains { if case .group(let index) = $0 { moving.contains(index) } else { false } }
    }

    /// Where each position of an axis goes.
    ///
    /// A family acts only where the groups it depends on stand before it in the same segment.
    public func images(of axis: Axis) -> [Int] {
        var images = Array(0..<axis.size(in: groups))
        // An axis may have a hundred thousand positions that nothing moves.
        guard moves(axis) else { return images }
        for segment in axis.placed(in: groups) {
            var partial: [(digits: [Int: Int], from: Int, to: Int)] = [([:], segment.offset, segment.offset)]
            for (factor, stride) in zip(segment.factors, segment.strides) {
                partial = partial.flatMap { digits, from, to in
                    step(factor, digits).map { ($0.digits, from + $0.from * stride, to + $0.to * stride) }
                }
            }
            for (_, from, to) in partial { images[from] = to }
        }
        return images
    }

    private func step(_ factor: AxisFactor, _ digits: [Int: Int]) -> [(digits: [Int: Int], from: Int, to: Int)] {
        switch factor {
        case .fixed(let count):
            return (0..<count).map { (digits, $0, $0) }
        case .group(let index):
            let permutation = permutations[[index] + groups[index].dependsOn.map { digits[$0]! }]!
            return permutation.indices.map { i in (digits.merging([index: i]) { $1 }, i, permutation[i]) }
        }
    }

    /// A tensor with all its axes permuted.
    ///
    /// - Parameter values: row-major, as many as the axes have positions together.
    public func apply<Scalar>(to values: [Scalar], axes: [Axis]) -> [Scalar] {
        values.permuted(by: axes.map(images))
    }
}

extension Array {
    /// A row-major tensor with each axis permuted.
    ///
    /// - Parameter images: for each axis, where its positions go.
    @inlinable
    public func permuted(by images: [[Int]]) -> [Element] {
        var result = self
        var inner = count
        for images in images {
            let outer = inner
            inner /= images.count
            let moved = images.indices.filter { images[$0] != $0 }
            if moved.isEmpty { continue }
            let source = result
            result.withUnsafeMutableBufferPointer { target in
                source.withUnsafeBufferPointer { source in
                    for start in stride(from: 0, to: source.count, by: outer) {
                        for position in moved {
                            let (from, to) = (start + position * inner, start + images[position] * inner)
                            for offset in 0..<inner { target[to + offset] = source[from + offset] }
                        }
                    }
                }
            }
        }
        return result
    }
}
