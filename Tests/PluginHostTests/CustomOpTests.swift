import Glibc
import PluginHost
import Tensors
import TestSupport
import Testing

/// Ops that a plugin computes with C functions of natural signature.
@Suite struct CustomOpTests {
    private let architecture: Architecture
    private let model: Model

    init() throws {
        let (registry, _) = try registry("TestMish")
        architecture = registry.plugins[0].architectures[0]
        model = try registry.model(for: configuration(perceptronConfig))
    }

    private func operation(_ name: String, _ attributes: [String: OpAttribute] = [:]) throws -> any Tensors.Operation {
        let operation = try architecture.customOperation(name, attributes)
        return try #require(operation)
    }

    private static let blend: [String: OpAttribute] = [
        "weight": .real(0.5), "offset": .real(-2), "power": .integer(3), "shift": .integer(4),
    ]

    private func run(_ operation: any Tensors.Operation, _ inputs: [Tensor]) throws -> [Float] {
        var program = Program()
        let values = try inputs.enumerated().map { try program.input("x\($0)", .float32, $1.shape) }
        let result = try program.apply(operation: operation, values)
        try program.output("y", result)
        let evaluator = Evaluator(program, purpose: .inference)
        try evaluator.run(inputs: Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ("x\($0)", .float($1)) }))
        return try evaluator.value(of: "y").array
    }

    @Test func declaredOpsAreListed() throws {
        let signatures = try architecture.customOperations()
        #expect(signatures.map(\.name) == ["blend", "heaviside", "mish"])
        #expect(signatures.map(\.inputs) == [["a", "b"], ["x"], ["x"]])
        #expect(signatures.map(\.attributes) == [["weight", "offset", "power", "shift"], [], []])
        #expect(signatures.map(\.hasGradient) == [true, false, true])
    }

    @Test func forwardIsTheFormulaOnAnyNumberOfThreads() throws {
        var random = SeededGenerator(seed: 3)
        // More than one tile, and not a whole number of them.
        let x = random.floats(20_001).map { 6 * $0 }
        let expected = x.map { Double($0) * tanh(log1p(exp(Double($0)))) }
        for threads in [1, 2] {
            let before = Parallel.threads
            defer { Parallel.threads = before }
            Parallel.threads = threads
            let y = try run(operation("mish"), [Tensor(shape: [20_001], values: x)])
            // float32 evaluation of tanh and exp in the plugin.
            #expect(zip(y, expected).allSatisfy { abs(Double($0) - $1) < 2e-6 * max(1, abs($1)) })
        }
    }

    @Test func scalarsOfAllTypesArrive() throws {
        let y = try run(
            operation("blend", Self.blend), [Tensor(shape: [2], values: [2, -1]), Tensor(shape: [2], values: [1, 5])])
        // 0.5 · 2³ - 2 · 1 + 4 and 0.5 · (-1)³ - 2 · 5 + 4
        #expect(y == [6, -6.5])
    }

    @Test func gradientsPassFiniteDifferencesAndAWrongOneIsCaught() throws {
        var random = SeededGenerator(seed: 4)
        func input() -> GradientCheck.Input { .checked([3, 4], random.floats(12).map { 1.5 + $0 }) }
        for (operation, inputs) in [
            (try operation("mish"), [input()]), (try operation("blend", Self.blend), [input(), input()]),
        ] {
            #expect(try GradientCheck(operation, inputs).largestError() < GradientCheck.tolerance)
            for place in inputs.indices {
                #expect(
                    try GradientCheck(WrongPullback(operation, wrongInput: place), inputs).largestError()
                        > GradientCheck.tolerance)
            }
        }
    }

    @Test func aModelWithACustomOpTrains() throws {
        let state = ModelState(model, seed: 5)
        var random = SeededGenerator(seed: 6)
        let inputs: [String: Value] = [
            "pixels": .float(Tensor(shape: [8, 1, 3, 3], values: random.floats(72))),
            "labels": .integer(IntegerTensor(shape: [8], values: [0, 1, 2, 3, 0, 1, 2, 3])),
        ]
        let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .training)
        var losses: [Float] = []
        for _ in 0..<200 {
            try evaluator.run(inputs: inputs)
            losses.append(try evaluator.value(of: "loss").array[0])
            try evaluator.backward(from: "loss")
            for i in 0..<state.parameters.count { state.parameters.values[i] -= 0.3 * state.gradients.values[i] }
        }
        #expect(losses[199] < 0.5 * losses[0])
    }

    @Test func anOpWithoutGradientFailsOnlyWhenOneIsAskedFor() throws {
        let heaviside = try operation("heaviside")
        #expect(try run(heaviside, [Tensor(shape: [3], values: [-1, 0, 2])]) == [0, 0, 1])
        var program = Program()
        let x = try program.parameter("x", [1])
        let step = try program.apply(operation: heaviside, [x])
        try program.output("y", step)
        let evaluator = Evaluator(program)
        try evaluator.bind(parameter: "x", to: Tensor(shape: [1], values: [1]), gradient: Tensor(shape: [1]))
        try evaluator.run(inputs: [:])
        #expect(
            throws: TensorError.operationFailed(
                operation: "custom.heaviside",
                message: "plugin test.perceptron declares no gradient for it, which training needs")
        ) {
            try evaluator.backward(from: "y")
        }
    }

    @Test(arguments: [
        ("int f(const float *x, float *out, int64_t n)", "void"),
        ("void f(const float *x, float *out)", "last argument: expected int64_t n, found float *out"),
        ("void g(const float *x, float *out, int64_t n)", "expected a function named f, found g"),
        (
            "void f(float *out, const float *x, int64_t n)",
            "argument 1: expected an input (const float *), found float *out"
        ),
        ("void f(const float *x, int64_t n)", "argument 2: expected"),
        ("void f(const float *x, long y, float *out, int64_t n)", "long"),
        ("void f(const float *x, float *out, int64_t n", "expected"), ("", "expected"),
        (
            "void f(\((1...15).map { "const float *x\($0), " }.joined())float *out, int64_t n)",
            "expected at most 16 arguments, found 17"
        ),
    ])
    func malformedSignatureIsRefused(signature: String, message: String) throws {
        let error = #expect(throws: PluginHostError.self) {
            try CustomOperationSignature(plugin: "p", op: "f", function: signature, gradient: nil)
        }
        #expect(error?.isPluginFault == true)
        #expect(error?.description.hasPrefix("plugin p: custom op \"f\": signature \"\(signature)\": ") == true)
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        (
            "void f_vjp(const float *x, float *grad_x, int64_t n)",
            "argument 2: expected const float *grad_out, found float *grad_x"
        ),
        (
            "void df(const float *x, const float *grad_out, float *grad_x, int64_t n)",
            "expected a function named f_vjp, found df"
        ),
    ])
    func malformedGradientIsRefused(signature: String, message: String) throws {
        let right = "void f(const float *x, float *out, int64_t n)"
        let error = #expect(throws: PluginHostError.self) {
            try CustomOperationSignature(plugin: "p", op: "f", function: right, gradient: signature)
        }
        #expect(error?.description == "plugin p: custom op \"f\": signature \"\(signature)\": \(message)")
        let good = "void f_vjp(const float *x, const float *grad_out, float *grad_x, int64_t n)"
        #expect(try CustomOperationSignature(plugin: "p", op: "f", function: right, gradient: good).hasGradient)
    }

    @Test func pluginWithABadSignatureIsNamedWhenItIsNeeded() throws {
        let (registry, _) = try registry("TestBadSignature")
        let error = #expect(throws: PluginHostError.self) { try registry.model(for: configuration(perceptronConfig)) }
        #expect(error?.isPluginFault == true)
        #expect(
            error?.description.hasSuffix(
                "custom op \"twice\": signature \"void twice(const float *x, float *out)\": last argument: expected "
                    + "int64_t n, found float *out"
            ) == true)
    }

    @Test func opThatIsNotDeclaredIsRefused() throws {
        let (registry, _) = try registry("TestUndeclaredOp")
        let model = try registry.model(for: configuration(perceptronConfig))
        let error = #expect(throws: PluginHostError.self) {
            try model.trace(inputs: ["pixels": ValueType(.float32, [1, 1, 3, 3])])
        }
        #expect(
            error?.description.contains("op \"custom.teleport\": expected a custom op that the plugin declares (none)")
                == true)
    }

    @Test func attributesAreChecked() throws {
        #expect(throws: TensorError.self) { try operation("blend", ["weight": .real(1)]) }
        #expect(throws: TensorError.self) { try operation("mish", ["weight": .real(1)]) }
        #expect(try architecture.customOperation("nothing") == nil)
    }
}
