import NeuralGraphs
import Tensors

/// Finds the one axis whose claim makes a group fail the function proof: another claim for that axis alone, and the
/// group passes.
struct ClaimBlame {
    let subject: Subject
    let function: FunctionProof

    /// - Returns: nil if no single axis explains the failure.
    func failure(of group: Int, using random: inout SeededRandom) throws -> Failure? {
        let claims = subject.claims
        let name = claims.groups[group].name
        let elements = (0..<2).map { _ in GroupElement(claims.groups, moving: { $0 == name }, using: &random) }
        for tensor in subject.model.movableTensors {
            for (index, claimed) in (claims.axes[tensor.name] ?? []).enumerated() {
                for axis in otherClaims(group, size: tensor.shape[index]) where axis != claimed {
                    var axes = claims.axes
                    axes[tensor.name]![index] = axis
                    let repaired = Symmetries(groups: claims.groups, axes: axes)
                    guard
                        try elements.allSatisfy({
                            try function.error(TensorAction($0, repaired)) <= FunctionProof.tolerance
                        })
                    else { continue }
                    return Failure(
                        proof: .function, groups: [name],
                        message:
                            "\(tensor.name) axis \(index): the claim is \(claims.text(claimed)), with "
                            + "\(claims.text(axis)) the forward pass stays the same",
                        parameter: tensor.name, axis: claims.text(claimed), expected: claims.text(axis),
                        found: claims.text(claimed))
                }
            }
        }
        return nil
    }

    /// Every way in which the group acts on axes of this size elsewhere, and not at all.
    private func otherClaims(_ group: Int, size: Int) -> [Axis] {
        let elsewhere = subject.model.movableTensors.flatMap { subject.claims.axes[$0.name] ?? [] }.filter { axis in
            axis.size(in: subject.claims.groups) == size && axis.segments.joined().contains(.group(group))
        }
        return elsewhere.reduce(into: [Axis(.fixed(size))]) { if !$0.contains($1) { $0.append($1) } }
    }
}
