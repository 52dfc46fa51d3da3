import Tensors

/// Attention that is written as products: softmax(q kᵀ …) v, with anything that computes element by element between.
struct AttentionProducts {
    /// Number of the attention by the product that makes its scores; inputs are queries and keys.
    private(set) var scores: [Int: Int] = [:]
    /// Number of the attention by the product of its weights and values, and which input the values are.
    private(set) var outputs: [Int: (number: Int, values: Int)] = [:]

    private let program: Program
    /// Values that are no view of a parameter and no constant.
    private let isComputed: [Bool]
    private var consumers: [Int: [Int]] = [:]

    /// Operations to follow from a softmax to a product.
    private static let limit = 32
    private static let through: Set<String> = [
        "add", "sub", "mul", "scale", "tanh", "binary", "unary", "where", "reshape", "transpose", "broadcast", "expand",
        "slice", "softmax",
    ]

    init(_ program: Program, live: [Int], isComputed: [Bool]) {
        (self.program, self.isComputed) = (program, isComputed)
        var softmaxes: [Int] = []
        for index in live {
            guard case .operation(let operation, let inputs) = program.nodes[index].source else { continue }
            for input in Set(inputs.map(\.index)) { consumers[input, default: []].append(index) }
            if operation.name == "softmax" { softmaxes.append(index) }
        }
        for softmax in softmaxes {
            var steps = Self.limit
            guard let output = product(of: softmax), scores[output.index] == nil,
                case .operation(_, let inputs) = program.nodes[softmax].source,
                let score = product(behind: inputs[0].index, &steps), scores[score] == nil
            else { continue }
            let number = scores.count
            scores[score] = number
            outputs[output.index] = (number, output.values)
        }
        consumers = [:]
    }

    /// The product that a value is an input of.
    private func product(of value: Int) -> (index: Int, values: Int)? {
        var current = value
        for _ in 0..<Self.limit {
            guard let next = consumers[current], next.count == 1,
                case .operation(let operation, let inputs) = program.nodes[next[0]].source
            else { return nil }
            if operation.name == "matmul" {
                let values = inputs[0].index == current ? 1 : 0
                return isComputed[inputs[values].index] ? (next[0], values) : nil
            }
            guard Self.through.contains(operation.name) else { return nil }
            current = next[0]
        }
        return nil
    }

    /// The product of two computed values that a value comes from.
    private func product(behind value: Int, _ steps: inout Int) -> Int? {
        steps -= 1
        guard steps > 0, case .operation(let operation, let inputs) = program.nodes[value].source else { return nil }
        let computed = inputs.map(\.index).filter { isComputed[$0] }
        if operation.name == "matmul" { return computed.count == 2 ? value : nil }
        guard Self.through.contains(operation.name) else { return nil }
        for input in computed {
            if let found = product(behind: input, &steps) { return found }
        }
        return nil
    }
}
