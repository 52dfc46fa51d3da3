import Tensors
import TestSupport
import Testing

@Suite struct EvaluatorTests {
    /// y = relu(x · Wᵀ + b) · scale, with a parameter that y does not depend on.
    private func program() throws -> Program {
        var program = Program()
        let x = try program.input("x", .float32, [2, 3])
        let hidden = try program.apply(
            "linear", [x, program.parameter("weight", [4, 3]), program.parameter("bias", [4])])
        _ = try program.parameter("unused", [5])
        try program.output(
            "y", program.apply("mul", [program.apply("relu", [hidden]), program.parameter("scale", [4])]))
        return program
    }

    private struct Bound {
        let evaluator: Evaluator
        let values, gradients: [String: Tensor]
    }

    private func bound(_ purpose: Evaluator.Purpose = .training) throws -> Bound {
        let program = try program()
        let evaluator = Evaluator(program, purpose: purpose)
        var values: [String: Tensor] = [:]
        var gradients: [String: Tensor] = [:]
        for (index, name) in program.parameterNames.enumerated() {
            let shape = try program.shape(of: program.value(named: name)!)
            values[name] = randomTensor(shape, seed: UInt64(index))
            gradients[name] = randomTensor(shape, seed: 50)
            try evaluator.bind(parameter: name, to: values[name]!, gradient: gradients[name]!)
        }
        return Bound(evaluator: evaluator, values: values, gradients: gradients)
    }

    private let x = Value.float(randomTensor([2, 3], seed: 9))
    private let seed = randomTensor([2, 4], seed: 10)

    @Test func parameterThatDoesNotMatterGetsAZeroGradient() throws {
        let bound = try bound()
        try bound.evaluator.run(inputs: ["x": x])
        try bound.evaluator.backward(from: "y", seed: seed)
        #expect(bound.gradients["unused"]!.array == [0, 0, 0, 0, 0])
        #expect(bound.gradients["weight"]!.array.contains { $0 != 0 })
    }

    @Test func accumulatingAddsToTheGradients() throws {
        let bound = try bound()
        try bound.evaluator.run(inputs: ["x": x])
        try bound.evaluator.backward(from: "y", seed: seed)
        let once = bound.gradients["weight"]!.array
        try bound.evaluator.backward(from: "y", seed: seed, accumulate: true)
        // Doubling is exact unless the sum is rounded on the way.
        #expect(largestDifference(bound.gradients["weight"]!.array, once.map { 2 * Double($0) }) < 1e-6)
        try bound.evaluator.backward(from: "y", seed: seed)
        #expect(bound.gradients["weight"]!.array == once)
    }

    @Test func gradientIsWrittenOnlyWhereBound() throws {
        let bound = try bound()
        let before = bound.gradients["weight"]!.array
        try bound.evaluator.bind(parameter: "weight", to: bound.values["weight"]!)
        try bound.evaluator.run(inputs: ["x": x])
        try bound.evaluator.backward(from: "y", seed: seed)
        #expect(bound.gradients["weight"]!.array == before)
        #expect(bound.gradients["bias"]!.array.contains { $0 != 0 })
    }

    @Test func inferenceComputesTheSame() throws {
        let training = try bound(), inference = try bound(.inference)
        try training.evaluator.run(inputs: ["x": x])
        try inference.evaluator.run(inputs: ["x": x])
        #expect(try training.evaluator.value(of: "y").array == inference.evaluator.value(of: "y").array)
        #expect(throws: TensorError.inferenceOnly(output: "y")) {
            try inference.evaluator.backward(from: "y", seed: seed)
        }
    }

    @Test func valuesChangedInPlaceAreSeenByTheNextRun() throws {
        let bound = try bound()
        try bound.evaluator.run(inputs: ["x": x])
        let before = try bound.evaluator.value(of: "y").array
        bound.values["scale"]!.values.update(repeating: 0)
        try bound.evaluator.run(inputs: ["x": x])
        #expect(try bound.evaluator.value(of: "y").array == Array(repeating: 0, count: 8))
        #expect(before.contains { $0 != 0 })
    }

    @Test func valueUsedTwiceGetsBothGradients() throws {
        var program = Program()
        let p = try program.parameter("p", [3])
        let square = try program.apply("mul", [p, p])
        try program.output("y", program.apply("add", [square, square]))
        let evaluator = Evaluator(program)
        let gradient = Tensor(shape: [3])
        try evaluator.bind(parameter: "p", to: Tensor(shape: [3], values: [1, 2, -3]), gradient: gradient)
        try evaluator.run(inputs: [:])
        try evaluator.backward(from: "y", seed: Tensor(shape: [3], values: [1, 1, 1]))
        #expect(gradient.array == [4, 8, -12])
    }

    @Test func outputThatIsAParameterPassesTheSeed() throws {
        var program = Program()
        try program.output("y", program.parameter("p", [2]))
        let evaluator = Evaluator(program)
        let gradient = Tensor(shape: [2], values: [5, 5])
        try evaluator.bind(parameter: "p", to: Tensor(shape: [2], values: [1, 2]), gradient: gradient)
        try evaluator.run(inputs: [:])
        try evaluator.backward(from: "y", seed: Tensor(shape: [2], values: [3, 4]))
        #expect(gradient.array == [3, 4])
        try evaluator.backward(from: "y", seed: Tensor(shape: [2], values: [3, 4]), accumulate: true)
        #expect(gradient.array == [6, 8])
    }

    @Test func mistakesHaveTheirErrors() throws {
        let bound = try bound()
        let evaluator = bound.evaluator
        #expect(throws: TensorError.notRun(output: "y")) { try evaluator.value(of: "y") }
        #expect(throws: TensorError.notRun(output: "y")) { try evaluator.backward(from: "y", seed: seed) }
        #expect(throws: TensorError.notBound(kind: "input", name: "x")) { try evaluator.run(inputs: [:]) }
        #expect(throws: TensorError.unknownName(kind: "input", name: "z", known: ["x"])) {
            try evaluator.run(inputs: ["z": x])
        }
        #expect(throws: TensorError.bindingShape(name: "x", expected: [2, 3], found: [3])) {
            try evaluator.run(inputs: ["x": .float(Tensor(shape: [3]))])
        }
        #expect(throws: TensorError.bindingType(name: "x", expected: .float32, found: .int64)) {
            try evaluator.run(inputs: ["x": .integer(IntegerTensor(shape: [2, 3]))])
        }
        #expect(throws: TensorError.bindingShape(name: "bias", expected: [4], found: [3])) {
            try evaluator.bind(parameter: "bias", to: Tensor(shape: [3]))
        }
        #expect(throws: TensorError.unknownName(kind: "buffer", name: "bias", known: [])) {
            try evaluator.bind(buffer: "bias", to: Tensor(shape: [4]))
        }
        try evaluator.run(inputs: ["x": x])
        #expect(throws: TensorError.unknownName(kind: "output", name: "z", known: ["y"])) {
            try evaluator.value(of: "z")
        }
        #expect(throws: TensorError.seedNeeded(output: "y", shape: [2, 4])) { try evaluator.backward(from: "y") }
        let unbound = Evaluator(try program())
        #expect(throws: TensorError.notBound(kind: "parameter", name: "weight")) { try unbound.run(inputs: ["x": x]) }
    }

    @Test func idsAndLabelsOutOfRangeAreErrors() {
        let ids = Value.integer(IntegerTensor(shape: [2], values: [0, 5]))
        let table = Value.float(randomTensor([5, 3], seed: 1))
        #expect(throws: TensorError.indexOutOfRange(operation: "embedding", expected: 0..<5, found: 5)) {
            try evaluate("embedding", [ids, table])
        }
        let logits = Value.float(randomTensor([2, 5], seed: 1))
        #expect(throws: TensorError.indexOutOfRange(operation: "crossEntropy", expected: 0..<5, found: 5)) {
            try evaluate("crossEntropy", [logits, ids])
        }
    }

    @Test func viewsShareMemoryAndKeepItAlive() {
        var flat: Tensor? = Tensor(shape: [6], values: [0, 1, 2, 3, 4, 5])
        let view = Tensor(shape: [2, 2], of: flat!, offset: 1)
        flat!.values[2] = 9
        #expect(view.array == [1, 9, 3, 4])
        flat = nil
        #expect(view.array == [1, 9, 3, 4])
    }
}
