/// Which steps a gradient passes through, and the memory of the gradients between them.
struct BackwardPlan {
    struct Entry {
        let step: Int
        /// Gradient of the step's output; nil where it is the seed.
        let gradient: Tensor?
        let targets: [Target?]
    }

    struct Target {
        /// The parameter whose bound gradient is meant, else nil.
        let parameter: Int?
        let tensor: Tensor?
        /// Whether this is the first to write there.
        let isFirst: Bool
    }

    var entries: [Entry] = []
    /// Parameters with a bound gradient that no entry writes.
    var untouched: [Int] = []
}

extension Evaluator {
    /// Writes the gradients of an output with respect to every parameter bound with a gradient.
    ///
    /// Nothing is computed for inputs, buffers, constants and parameters bound without a gradient.
    /// - Parameters:
    ///   - output: name of an output of the last run.
    ///   - seed: ∂loss/∂output, in the output's shape; 1 if nil, for an output of one element.
    ///   - accumulate: add to the bound gradients instead of overwriting them.
    /// - Throws: `unknownName`, `notRun`, `inferenceOnly`, `seedNeeded`, `bindingShape`, `outOfMemory`,
    ///   `operationFailed`.
    public func backward(from output: String, seed: Tensor? = nil, accumulate: Bool = false) throws(TensorError) {
        let id = try outputID(output)
        let shape = program.nodes[id].type.shape
        guard purpose == .training else { throw .inferenceOnly(output: output) }
        guard hasRun else { throw .notRun(output: output) }
        if let seed, seed.shape != shape { throw .bindingShape(name: output, expected: shape, found: seed.shape) }
        guard seed != nil || shape.allSatisfy({ $0 == 1 }) else { throw .seedNeeded(output: output, shape: shape) }
        let first = seed ?? Tensor(shape: shape, values: [1])
        if backwardPlans[output] == nil { backwardPlans[output] = try makeBackwardPlan(from: id) }
        let backwardPlan = backwardPlans[output]!
        for entry in backwardPlan.entries {
            let step = plan.steps[entry.step]
            let targets = entry.targets.map { target in
                target.map { target in
                    GradientTarget(
                        tensor: target.tensor ?? gradientOfParameter[target.parameter!]!,
                        beta: target.isFirst && !(accumulate && target.parameter != nil) ? 0 : 1)
                }
            }
            try step.operation.pullback(
                entry.gradient ?? first, output: values[step.output]!.floats,
                inputs: step.inputs.map { values[$0]! }, into: targets, context: contexts[entry.step])
        }
        for parameter in backwardPlan.untouched {
            let target = GradientTarget(tensor: gradientOfParameter[parameter]!, beta: accumulate ? 1 : 0)
            if parameter == id {  // the output is a parameter itself
                addScaled(1, first.address, to: target, count: first.count)
            } else if !accumulate {
                target.tensor.values.update(repeating: 0)
            }
        }
    }

    private func makeBackwardPlan(from output: Int) throws(TensorError) -> BackwardPlan {
        var dependsOnParameter = program.nodes.indices.map { gradientOfParameter[$0] != nil }
        for step in plan.steps where step.inputs.contains(where: { dependsOnParameter[$0] }) {
            dependsOnParameter[step.output] = true
        }
        var result = BackwardPlan()
        var pool = BufferPool()
        var memory: [Int: (view: Tensor, buffer: Tensor)] = [:]
        var written: Set<Int> = [output]
        for (position, step) in plan.steps.enumerated().reversed()
        where written.contains(step.output) && dependsOnParameter[step.output] {
            var targets: [BackwardPlan.Target?] = []
            for input in step.inputs {
                guard dependsOnParameter[input] else { targets.append(nil); continue }
                let isParameter = gradientOfParameter[input] != nil
                if !isParameter, memory[input] == nil {
                    memory[input] = try pool.take(shape: program.nodes[input].type.shape, name: "gradient")
                }
                targets.append(
                    .init(
                        parameter: isParameter ? input : nil, tensor: memory[input]?.view,
                        isFirst: !written.contains(input)))
                written.insert(input)
            }
            result.entries.append(.init(step: position, gradient: memory[step.output]?.view, targets: targets))
            if let done = memory[step.output] { pool.giveBack(done.buffer) }
        }
        result.untouched = gradientOfParameter.keys.filter { $0 == output || !written.contains($0) }
        return result
    }
}
