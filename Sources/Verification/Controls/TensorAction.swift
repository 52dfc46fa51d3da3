import NeuralGraphs

/// A permutation of a model's tensors: for each one that moves, where the positions of each axis go.
///
/// Not every action is an element of a group: negative controls depart from one at a single place.
struct TensorAction: Sendable, Equatable {
    private(set) var images: [String: [[Int]]] = [:]

    /// What an element of the claimed groups does.
    init(_ element: GroupElement, _ claims: Symmetries) {
        images = claims.axes.mapValues { $0.map(element.images) }
    }

    /// Lets the positions of one axis, from `start` on, go elsewhere within their range.
    mutating func replace(tensor: String, axis: Int, from start: Int, by local: [Int]) {
        images[tensor]![axis].replaceSubrange(start..<(start + local.count), with: local.map { start + $0 })
    }

    func apply<Scalar>(to values: [Scalar], of tensor: String) -> [Scalar] {
        images[tensor].map { values.permuted(by: $0) } ?? values
    }

    /// All parameters of a flat vector permuted.
    func apply<Scalar>(toFlat vector: [Scalar], _ parameters: ParameterList) -> [Scalar] {
        var result = vector
        for entry in parameters.entries where images[entry.name] != nil {
            result.replaceSubrange(entry.range, with: apply(to: Array(vector[entry.range]), of: entry.name))
        }
        return result
    }
}
