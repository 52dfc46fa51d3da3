import NeuralGraphs

/// Whether claims have a meaning at all: whether every group acts somewhere, and every family stands behind the groups
/// it depends on. Source: docs/symmetry.md.
enum ClaimCheck {
    static func failures(_ subject: Subject) -> [Failure] {
        let claims = subject.claims
        guard subject.graph.groups == claims.groups else {
            return [Failure(proof: .structure, groups: [], message: "the graph and the claims list different groups")]
        }
        var failures: [Failure] = []
        for tensor in subject.model.movableTensors {
            let (name, shape) = (tensor.name, tensor.shape)
            guard let axes = claims.axes[name] else { continue }
            guard axes.map({ $0.size(in: claims.groups) }) == shape else {
                failures.append(
                    Failure(
                        proof: .structure, groups: [],
                        message: "tensor \(name): its axes have other sizes than its shape \(shape)", parameter: name))
                continue
            }
            for axis in axes {
                failures += check(axis, of: "tensor \(name)", claims).map { $0.naming(parameter: name) }
            }
        }
        let places = Set(claims.axes.values.joined().flatMap(\.segments).joined())
        for (index, group) in claims.groups.enumerated() where group.size > 1 && !places.contains(.group(index)) {
            failures.append(Failure(proof: .structure, groups: [group.name], message: "acts on no tensor"))
        }
        for block in subject.graph.nodeBlocks {
            if let axis = block.axis { failures += check(axis, of: "node block \(block.name)", claims) }
        }
        return failures
    }

    private static func check(_ axis: Axis, of owner: String, _ claims: Symmetries) -> [Failure] {
        axis.segments.flatMap { segment in
            var before: Set<Int> = []
            var failures: [Failure] = []
            for case .group(let index) in segment {
                let group = claims.groups[index]
                if !before.insert(index).inserted {
                    failures.append(
                        Failure(
                            proof: .structure, groups: [group.name],
                            message: "\(owner): segment \(claims.text(segment)) names \(group.name) twice"))
                }
                for other in group.dependsOn where !before.contains(other) {
                    failures.append(
                        Failure(
                            proof: .structure, groups: [group.name],
                            message:
                                "\(owner): segment \(claims.text(segment)): \(group.name) depends on "
                                + "\(claims.groups[other].name), which must stand before it"
                        ))
                }
            }
            return failures
        }
    }
}
