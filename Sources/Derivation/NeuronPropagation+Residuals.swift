import Tensors

/// Streams, and the branches that are added to them.
extension NeuronPropagation {
    /// Which of two summands is the stream that the other, a branch, is added to; nil if this is no residual
    /// connection.
    func stream(of ids: [Int]) -> Int? {
        guard program.nodes[ids[0]].type == program.nodes[ids[1]].type, ids.allSatisfy(roots.isComputed) else {
            return nil
        }
        let branches = ids.map(isBranch)
        return branches[0] == branches[1] ? nil : branches[0] ? 1 : 0
    }

    /// True if a layer's output reaches this sum and nothing else.
    private func isBranch(_ value: Int) -> Bool {
        guard useCounts[value] == 1, case .operation(let operation, let inputs) = program.nodes[value].source else {
            return false
        }
        if ValueRoots.layers.contains(operation.name), operation.name != "gather" { return true }
        let computed = inputs.map(\.index).filter(roots.isComputed)
        // A sum of branches is one.
        if operation.name == "add", computed.count == inputs.count { return computed.allSatisfy(isBranch) }
        return computed.first.map(isBranch) ?? false
    }
}
