import Foundation
import PluginHost
import Tensors
import TestSupport
import Testing

/// Ops of a plugin written in Swift, through the same tables as those in C.
@Suite struct SwiftCustomOpTests {
    private func model() throws -> Model {
        try registry("TestSoftplus").registry.model(
            for: configuration(#"{"model_type": "softplus", "width": 5, "inputs": 6, "num_classes": 4}"#))
    }

    private func softplus() throws -> any Tensors.Operation {
        let operation = try model().architecture.customOperation("softplus", ["beta": .real(2)])
        return try #require(operation)
    }

    @Test func forwardIsTheFormula() throws {
        let x: [Float] = [-3, -0.5, 0, 0.25, 4]
        var program = Program()
        try program.output("y", program.apply(operation: softplus(), [program.input("x", .float32, [5])]))
        let evaluator = Evaluator(program, purpose: .inference)
        try evaluator.run(inputs: ["x": .float(Tensor(shape: [5], values: x))])
        for (found, x) in zip(try evaluator.value(of: "y").array, x) {
            #expect(abs(Double(found) - log1p(exp(2 * Double(x))) / 2) < 1e-6)
        }
    }

    @Test func gradientPassesFiniteDifferencesAndAWrongOneIsCaught() throws {
        var random = SeededGenerator(seed: 4)
        let inputs = [GradientCheck.Input.checked([3, 4], random.floats(12))]
        #expect(try GradientCheck(softplus(), inputs).largestError() < GradientCheck.tolerance)
        #expect(
            try GradientCheck(WrongPullback(softplus(), wrongInput: 0), inputs).largestError() > GradientCheck.tolerance
        )
    }

    @Test func modelTracesAndIsAGraph() throws {
        let model = try model()
        let types = try model.inputTypes(batch: 2, length: 3)
        #expect(types == ["x": ValueType(.float32, [2, 6]), "labels": ValueType(.int64, [2])])
        #expect(try model.trace(inputs: types).outputNames == ["logits", "loss"])
        #expect(try model.constructedGraph().nodeCount == 6 + 5 + 4)
    }

    /// A plugin in Swift without ops of its own says so.
    @Test func pluginWithoutOpsHasNone() throws {
        let plugin = try #require(registry("NinoMLP").registry.plugins.first)
        #expect(try plugin.architectures[0].customOperations().isEmpty)
    }
}
