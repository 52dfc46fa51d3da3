import Tensors
import TestSupport
import Testing

@Suite struct OperationGradientTests {
    @Test func everyOperationHasACase() {
        let missing = Set(Program.operationNames).subtracting(operationCases.map(\.name))
        #expect(missing.isEmpty)
    }

    @Test(arguments: operationCases)
    func vectorJacobianProductMatchesFiniteDifferences(_ example: OperationCase) throws {
        let error = try example.check().largestError()
        #expect(error < GradientCheck.tolerance, "relative error \(error)")
    }

    @Test(arguments: operationCases)
    func productThatIsOnePercentOffIsCaught(_ example: OperationCase) throws {
        for (index, input) in example.inputs().enumerated() where input.isChecked {
            let error = try example.check(wrongInput: index).largestError()
            #expect(error > GradientCheck.tolerance, "input \(index): relative error \(error)")
        }
    }

    @Test(arguments: operationCases)
    func secondProductAddsToTheFirst(_ example: OperationCase) throws {
        let operation = try Program.operation(example.name, example.attributes)
        let inputs = example.inputs()
        var program = Program()
        var ids: [ValueID] = []
        for (index, input) in inputs.enumerated() {
            let type = input.value.type
            ids.append(
                try type.elementType == .int64
                    ? program.constant(input.value) : program.parameter("p\(index)", type.shape))
        }
        try program.output("y", program.apply(operation: operation, ids))
        let evaluator = Evaluator(program)
        evaluator.training = example.training
        var gradients: [Tensor] = []
        for (index, input) in inputs.enumerated() where input.isChecked {
            gradients.append(Tensor(shape: input.value.type.shape))
            try evaluator.bind(parameter: "p\(index)", to: input.value.floats, gradient: gradients.last!)
        }
        for (index, input) in inputs.enumerated() where !input.isChecked && input.value.type.elementType == .float32 {
            try evaluator.bind(parameter: "p\(index)", to: input.value.floats)
        }
        try evaluator.run(inputs: [:])
        let shape = try evaluator.value(of: "y").shape
        var generator = SeededGenerator(seed: 5)
        let seed = Tensor(shape: shape, values: generator.floats(shape.reduce(1, *)))
        try evaluator.backward(from: "y", seed: seed)
        let once = gradients.map(\.array)
        try evaluator.backward(from: "y", seed: seed, accumulate: true)
        for (gradient, first) in zip(gradients, once) {
            // Sums may run in another order when they start from the old value: a few units in the last place.
            for (a, b) in zip(gradient.array, first) { #expect(abs(a - 2 * b) <= 1e-5 * max(1, abs(b))) }
        }
    }
}
