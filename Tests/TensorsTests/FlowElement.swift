import Tensors
import TestSupport

/// A permutation of some indices of a flow, each possibly another one for every position of an index it depends on.
struct FlowElement {
    private let flow: AxisFlow
    private var dependsOn: [Int: Int] = [:]
    /// By index and position of what it depends on (0 if nothing): where each position goes.
    private var permutations: [[Int]: [Int]] = [:]

    /// - Parameters:
    ///   - moved: indices that are permuted; not by the identity, nor alike at all positions of what they depend on.
    ///   - mayDepend: decides which may depend on which; among several the choice is random.
    init(_ flow: AxisFlow, moving moved: [Int], mayDepend: (Int, Int) -> Bool, using random: inout SeededGenerator) {
        self.flow = flow
        for (place, index) in moved.enumerated() where flow.indices[index].size > 1 {
            // Of what is permuted only those before: no circles.
            let others = flow.indices.indices.filter {
                flow.indices[$0].size > 1 && !moved[place...].contains($0) && mayDepend(index, $0)
            }
            dependsOn[index] = others.randomElement(using: &random)
            let identity = Array(0..<flow.indices[index].size)
            var drawn: [[Int]]
            repeat {
                drawn = (0..<(dependsOn[index].map { flow.indices[$0].size } ?? 1)).map { _ in
                    identity.shuffled(using: &random)
                }
            } while Set(drawn).count == 1 && (dependsOn[index] != nil || drawn[0] == identity)
            for (row, permutation) in drawn.enumerated() { permutations[[index, row]] = permutation }
        }
    }

    /// A row-major tensor with its axes permuted.
    func apply<Scalar>(to values: [Scalar], axes: [AxisFlow.Axis]) -> [Scalar] {
        var result = values
        for (position, value) in values.enumerated() {
            // Innermost axis first: the segment and the digits of this position. An index may stand on several axes, at
            // another digit on each.
            var rest = position
            var segments: [(start: Int, indices: [Int], digits: [Int: Int], size: Int)] = []
            for axis in axes.reversed() {
                let size = axis.reduce(0) { $0 + self.size($1) }
                var (place, start) = (rest % size, 0)
                rest /= size
                let segment = axis.first { segment in
                    if place < self.size(segment) { return true }
                    place -= self.size(segment)
                    start += self.size(segment)
                    return false
                }!
                var digits: [Int: Int] = [:]
                for index in segment.reversed() {
                    digits[index] = place % flow.indices[index].size
                    place /= flow.indices[index].size
                }
                segments.append((start, segment, digits, size))
            }
            let elsewhere = segments.reduce(into: [Int: Int]()) { all, segment in
                all.merge(segment.digits) { first, _ in first }
            }
            var (image, stride) = (0, 1)
            for (start, indices, own, size) in segments {
                let digits = elsewhere.merging(own) { $1 }
                image +=
                    stride * (start + indices.reduce(0) { $0 * flow.indices[$1].size + self.image(of: $1, digits) })
                stride *= size
            }
            result[image] = value
        }
        return result
    }

    func apply(to value: Value, axes: [AxisFlow.Axis]) -> Value {
        switch value {
        case .float(let tensor): .float(Tensor(shape: tensor.shape, values: apply(to: tensor.array, axes: axes)))
        case .integer(let tensor):
            .integer(IntegerTensor(shape: tensor.shape, values: apply(to: Array(tensor.values), axes: axes)))
        }
    }

    private func size(_ segment: [Int]) -> Int { segment.reduce(1) { $0 * flow.indices[$1].size } }

    private func image(of index: Int, _ digits: [Int: Int]) -> Int {
        let row = dependsOn[index].map { digits[$0]! } ?? 0
        return permutations[[index, row]]?[digits[index]!] ?? digits[index]!
    }
}
