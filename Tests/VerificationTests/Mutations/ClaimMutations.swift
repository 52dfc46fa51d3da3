import NeuralGraphs
import Verification

/// Wrong claims about one tensor.
struct ClaimMutations {
    let subject: Subject

    init(_ subject: Subject) {
        self.subject = subject
    }

    var all: [Mutant] {
        subject.model.parameters.entries.flatMap { entry in
            let axes = subject.claims.axes[entry.name]!
            return axes.indices.flatMap { wrongAxis(entry.name, axes, $0) + extraGroup(entry.name, axes, $0) }
                + swappedAxes(entry.name, axes)
        }
    }

    private func mutant(_ kind: String, _ tensor: String, groups: [PermutationGroup]? = nil, _ axes: [Axis]) -> Mutant {
        var all = subject.claims.axes
        all[tensor] = axes
        return Mutant(kind: "claim: \(kind)", place: tensor, mayBeHarmless: false) { [subject] in
            try subject.with(groups: groups, axes: all)
        }
    }

    private func wrongAxis(_ tensor: String, _ axes: [Axis], _ index: Int) -> [Mutant] {
        subject.wrongAxes(axes[index]).map { wrong in
            var changed = axes
            changed[index] = wrong.axis
            return mutant(wrong.kind, tensor, changed)
        }
    }

    /// Claims that the positions of a fixed axis may be permuted.
    private func extraGroup(_ tensor: String, _ axes: [Axis], _ index: Int) -> [Mutant] {
        guard axes[index].segments.count == 1, case .fixed(let count)? = axes[index].segments[0].first,
            axes[index].segments[0].count == 1, count > 1
        else { return [] }
        var changed = axes
        changed[index] = Axis(.group(subject.claims.groups.count))
        return [
            mutant(
                "fixed axis claimed", tensor,
                groups: subject.claims.groups + [PermutationGroup(name: "extra", size: count)], changed)
        ]
    }

    private func swappedAxes(_ tensor: String, _ axes: [Axis]) -> [Mutant] {
        let sizes = axes.map { $0.size(in: subject.claims.groups) }
        return axes.indices.flatMap { a in
            axes.indices.filter { $0 > a && sizes[$0] == sizes[a] && axes[$0] != axes[a] }.map { b in
                var changed = axes
                changed.swapAt(a, b)
                return mutant("axes swapped", tensor, changed)
            }
        }
    }
}
