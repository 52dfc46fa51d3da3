import NeuralGraphs
import TestSupport

/// A random element of some permutation groups: one permutation for every index of the groups a family depends on.
struct GroupElement {
    private let groups: [PermutationGroup]
    private var permutations: [[Int]: [Int]] = [:]

    /// - Parameter moved: names of the groups that are not left at rest.
    init(_ groups: [PermutationGroup], moving moved: (String) -> Bool, seed: UInt64) {
        self.groups = groups
        var generator = SeededGenerator(seed: seed)
        for (index, group) in groups.enumerated() {
            var keys: [[Int]] = [[index]]
            for other in group.dependsOn { keys = keys.flatMap { key in (0..<groups[other].size).map { key + [$0] } } }
            for key in keys {
                let rest = Array(0..<group.size)
                permutations[key] = moved(group.name) ? rest.shuffled(using: &generator) : rest
            }
        }
    }

    /// Where each position of an axis goes.
    func images(_ axis: Axis) -> [Int] {
        var images: [Int] = []
        for factors in axis.segments {
            var partial: [(digits: [Int: Int], image: Int)] = [([:], 0)]
            for factor in factors {
                partial = partial.flatMap { digits, image in
                    switch factor {
                    case .fixed(let count): return (0..<count).map { (digits, image * count + $0) }
                    case .group(let index):
                        let permutation = permutations[[index] + groups[index].dependsOn.map { digits[$0]! }]!
                        return permutation.indices.map { i in (digits.merging([index: i]) { $1 }, image * permutation.count + permutation[i]) }
                    }
                }
            }
            let start = images.count
            images += partial.map { start + $0.image }
        }
        return images
    }

    /// A tensor with all its axes permuted.
    func apply(to values: [Float], axes: [Axis]) -> [Float] {
        var result = values
        var stride = values.count
        for axis in axes {
            let images = images(axis)
            let outer = stride
            stride /= images.count
            let source = result
            for i in source.indices {
                let position = i % outer / stride
                result[i + (images[position] - position) * stride] = source[i]
            }
        }
        return result
    }
}
