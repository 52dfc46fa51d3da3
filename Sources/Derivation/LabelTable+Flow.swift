import Tensors

extension LabelTable {
    /// Makes the axes of an operation's inputs fit its flow, and adds those of its output.
    ///
    /// - Parameters:
    ///   - inputs: numbers of the axes of each input.
    ///   - constants: inputs that are the same wherever labels move them, so that they limit no dependency.
    ///   - pinning: whether the flow's pinned indices pin labels.
    /// - Returns: numbers of the axes of the output, and of an axis for each index of the flow; the caller removes
    ///   both.
    mutating func apply(
        _ flow: AxisFlow, to inputs: [[Int]], constants: Set<Int>, place operation: String, pinning: Bool = true
    ) -> (output: [Int], indices: [Int]) {
        let indices = flow.indices.map { index in
            let reason: Pin? = if pinning, case .pinned(let text) = index.role { Pin(operation, text) } else { nil }
            return add(label: label(size: index.size, pin: reason, dependencies: []))
        }
        for (slot, (axes, flowAxes)) in zip(inputs, flow.inputs).enumerated() {
            for (place, (axis, flowAxis)) in zip(axes, flowAxes).enumerated() {
                let wanted = add(compose(flowAxis, indices))
                unify(axis, wanted) { table in
                    Pin(
                        operation,
                        "axis \(place + 1) of its input \(slot + 1) falls into \(table.text(axis)) positions, what it "
                            + "is set against into \(table.text(wanted))")
                }
                remove(wanted)
            }
        }
        markRead(flow, indices)
        let output = flow.output.map { add(compose($0, indices)) }
        checkDependencies(flow.leavingOut(inputs: constants), indices)
        return (output, indices)
    }

    /// How many positions each piece of an axis has: `4 × 2 | 3`.
    private func text(_ axis: Int) -> String {
        axes[axis].map { $0.labels.map { "\(size($0))" }.joined(separator: " × ") }.joined(separator: " | ")
    }

    private func compose(_ axis: AxisFlow.Axis, _ indices: [Int]) -> Axis {
        concatenation(axis.map { segment in product(segment.map { axes[indices[$0]] }) })
    }

    /// Every index is read, but those that stand beside others on an axis of an input and not in the output: they are
    /// left out.
    private mutating func markRead(_ flow: AxisFlow, _ indices: [Int]) {
        let kept = Set(flow.output.joined().joined())
        let alone = Set(flow.inputs.joined().filter { $0.count == 1 }.joined().joined())
        for index in kept.union(alone) {
            for label in labels(ofAxis: indices[index]) { read(label) }
        }
    }

    /// Keeps of the dependencies those that the flow allows.
    private mutating func checkDependencies(_ flow: AxisFlow, _ indices: [Int]) {
        let members = indices.map { Set(labels(ofAxis: $0)) }
        for label in members.reduce(into: Set<Label>(), { $0.formUnion($1) }) {
            settleDependencies(of: label)
            guard let dependencies = labels[label].dependencies.first, !dependencies.isEmpty else { continue }
            let homes = members.indices.filter { members[$0].contains(label) }
            for other in dependencies {
                let others = members.indices.filter { members[$0].contains(other) }
                let isAllowed = homes.allSatisfy { home in
                    members[home].contains(other) || (others.count == 1 && flow.mayDepend(home, on: others[0]))
                }
                if !isAllowed { forbid(label, dependingOn: other) }
            }
        }
    }
}
