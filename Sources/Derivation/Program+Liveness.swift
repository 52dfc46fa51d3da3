import Tensors

extension Program {
    /// Values that the outputs are computed from, in order.
    var nodesBehindOutputs: [Int] {
        var isLive = [Bool](repeating: false, count: nodes.count)
        for output in outputs { isLive[output.id.index] = true }
        for index in nodes.indices.reversed() where isLive[index] {
            if case .operation(_, let inputs) = nodes[index].source {
                for input in inputs { isLive[input.index] = true }
            }
        }
        return nodes.indices.filter { isLive[$0] }
    }

    /// The last of these values that is computed from each value; outputs and what is stored with the model have none.
    func lastUses(among live: [Int]) -> [Int: Int] {
        var last: [Int: Int] = [:]
        for index in live {
            if case .operation(_, let inputs) = nodes[index].source {
                for input in inputs { last[input.index] = index }
            }
        }
        for output in outputs { last[output.id.index] = nil }
        for index in live {
            switch nodes[index].source {
            case .parameter, .buffer: last[index] = nil
            case .input, .constant, .operation: continue
            }
        }
        return last
    }
}

extension Program {
    /// How many inputs of these values' operations, and outputs, each value is.
    func useCounts(among live: [Int]) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for index in live {
            if case .operation(_, let inputs) = nodes[index].source {
                for input in inputs { counts[input.index, default: 0] += 1 }
            }
        }
        for output in outputs { counts[output.id.index, default: 0] += 1 }
        return counts
    }
}

extension Value {
    /// True if two positions of an axis hold different numbers.
    func varies(along axis: Int) -> Bool {
        let inner = type.shape[(axis + 1)...].reduce(1, *)
        let length = inner * type.shape[axis]
        func varies(_ count: Int, _ areEqual: (Int, Int) -> Bool) -> Bool {
            (0..<count).contains { $0 % length >= inner && !areEqual($0, $0 - inner) }
        }
        switch self {
        case .float(let tensor): return varies(tensor.count) { tensor.values[$0] == tensor.values[$1] }
        case .integer(let tensor): return varies(tensor.values.count) { tensor.values[$0] == tensor.values[$1] }
        }
    }
}
