import NeuralGraphs

/// A permutation of a model's tensors: for each one that moves, where the positions of each axis go.
///
/// Not every action is an element of a group: negative controls depart from one at a single place.
struct TensorAction: Sendable, Equatable {
    /// Of tensors that may move; all others stay.
    private(set) var images: [String: [[Int]]]

    /// What an element of the claimed groups does.
    init(_ element: GroupElement, _ claims: Symmetries) {
        images = claims.axes.filter { $0.value.contains(where: element.moves) }.mapValues { $0.map(element.images) }
    }

    /// Lets some positions of one axis go elsewhere among themselves.
    /// - Parameters:
    ///   - tensor: one that may move.
    ///   - local: where each goes, counted in `positions`.
    mutating func replace(tensor: String, axis: Int, positions: [Int], by local: [Int]) {
        for (position, image) in zip(positions, local) { images[tensor]![axis][position] = positions[image] }
    }

    /// Names of the tensors that may move.
    var tensors: some Collection<String> { images.keys }

    /// True if nothing moves.
    var isIdentity: Bool { images.values.joined().allSatisfy { $0 == Array($0.indices) } }

    private func moves(_ tensor: String) -> Bool {
        images[tensor]?.contains { $0 != Array($0.indices) } ?? false
    }

    func apply<Scalar>(to values: [Scalar], of tensor: String) -> [Scalar] {
        guard let images = images[tensor], moves(tensor) else { return values }
        return values.permuted(by: images)
    }

    /// All parameters of a flat vector permuted.
    func apply<Scalar>(toFlat vector: [Scalar], _ parameters: ParameterList) -> [Scalar] {
        var result = vector
        for entry in parameters.entries where moves(entry.name) {
            result.replaceSubrange(entry.range, with: apply(to: Array(vector[entry.range]), of: entry.name))
        }
        return result
    }
}
