/// One operation of a program as it is executed.
struct ExecutionStep {
    let operation: any Operation
    let inputs: [Int]
    let output: Int
}

/// The steps that the outputs of a program need, with each ReLU fused into the step before it where nothing else sees
/// the value between.
struct ExecutionPlan {
    let steps: [ExecutionStep]
    /// Whether a value is needed for an output.
    let isNeeded: [Bool]

    init(_ program: Program) {
        let needed = ExecutionPlan.ancestors(of: program.outputs.map(\.id.index), in: program)
        var uses = Array(repeating: 0, count: program.nodes.count)
        for output in program.outputs { uses[output.id.index] += 1 }
        for (index, node) in program.nodes.enumerated() where needed[index] {
            if case .operation(_, let inputs) = node.source {
                for input in inputs { uses[input.index] += 1 }
            }
        }
        var steps: [ExecutionStep?] = []
        var stepOfValue: [Int: Int] = [:]
        for (index, node) in program.nodes.enumerated() where needed[index] {
            guard case .operation(let operation, let inputs) = node.source else { continue }
            var step = ExecutionStep(operation: operation, inputs: inputs.map(\.index), output: index)
            if operation is ReLU, uses[inputs[0].index] == 1, let before = stepOfValue[inputs[0].index],
                let producer = steps[before], let fused = producer.operation.fusedWithReLU()
            {
                step = ExecutionStep(operation: fused, inputs: producer.inputs, output: index)
                steps[before] = nil
            }
            stepOfValue[index] = steps.count
            steps.append(step)
        }
        self.steps = steps.compactMap { $0 }
        self.isNeeded = needed
    }

    /// The values that `outputs` are computed from, themselves included.
    private static func ancestors(of outputs: [Int], in program: Program) -> [Bool] {
        var needed = Array(repeating: false, count: program.nodes.count)
        for output in outputs { needed[output] = true }
        for index in program.nodes.indices.reversed() where needed[index] {
            if case .operation(_, let inputs) = program.nodes[index].source {
                for input in inputs { needed[input.index] = true }
            }
        }
        return needed
    }
}

/// Memory for values that are not alive at the same time.
struct BufferPool {
    private var free: [Tensor] = []

    /// A tensor over the smallest free buffer that is large enough, else over new memory.
    mutating func take(shape: [Int], name: String) throws(TensorError) -> (view: Tensor, buffer: Tensor) {
        let count = shape.reduce(1, *)
        var best: Int?
        for (index, buffer) in free.enumerated() where buffer.count >= count {
            if best.map({ buffer.count < free[$0].count }) ?? true { best = index }
        }
        let buffer = if let best { free.remove(at: best) } else { try Tensor.allocate(shape: [count], name: name) }
        return (Tensor(shape: shape, of: buffer), buffer)
    }

    mutating func giveBack(_ buffer: Tensor) {
        free.append(buffer)
    }
}
