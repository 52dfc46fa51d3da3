import Foundation
import NeuralGraphs
import PluginHost
import Tensors
import TestSupport
import Testing

@Suite struct ModelTests {
    private func perceptron(_ product: String = "TestPerceptron") throws -> Model {
        try registry(product).registry.model(for: configuration(perceptronConfig))
    }

    @Test func describesTensorsInOrder() throws {
        let model = try perceptron()
        #expect(
            model.parameters.entries.map(\.name) == ["hidden.weight", "hidden.bias", "classes.weight", "classes.bias"])
        #expect(model.parameters.entries.map(\.shape) == [[5, 9], [5], [4, 5], [4]])
        #expect(model.description.groups == [PermutationGroup(name: "hidden", size: 5)])
        #expect(model.description.parameters[2].axes == [Axis(.fixed(4)), Axis(.group(0))])
    }

    @Test func constructsTheGraph() throws {
        let graph = try perceptron().constructedGraph()
        #expect(graph.nodeBlocks.map(\.name) == ["pixels", "hidden.bias", "hidden", "classes.bias", "classes"])
        #expect(graph.nodeCount == 9 + 1 + 5 + 1 + 4)
        #expect(graph.edgeCount == 45 + 5 + 20 + 4 + 20)
        #expect(graph.nodeBlocks[2].axis == Axis(.group(0)))
    }

    @Test func tracesAndDifferentiates() throws {
        let state = try ModelState(perceptron(), seed: 7)
        var random = SeededGenerator(seed: 1)
        let pixels = Tensor(shape: [2, 1, 3, 3], values: random.floats(18))
        let inputs: [String: Value] = [
            "pixels": .float(pixels), "labels": .integer(IntegerTensor(shape: [2], values: [0, 3])),
        ]
        let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .training)
        try evaluator.run(inputs: inputs)
        #expect(try evaluator.value(of: "logits").shape == [2, 4])
        let before = try evaluator.value(of: "loss").array[0]
        try evaluator.backward(from: "loss")
        // A small step against the gradient lowers the loss by about its squared length.
        let step: Float = 1e-3
        let square = state.gradients.array.reduce(0) { $0 + $1 * $1 }
        #expect(square > 0)
        for i in 0..<state.parameters.count { state.parameters.values[i] -= step * state.gradients.values[i] }
        try evaluator.run(inputs: inputs)
        let decrease = before - (try evaluator.value(of: "loss").array[0])
        // Second-order terms are of relative size `step`.
        #expect(abs(decrease - step * square) < 0.05 * step * square)
    }

    @Test func lossIsAbsentWithoutLabels() throws {
        let program = try perceptron().trace(inputs: ["pixels": ValueType(.float32, [1, 1, 3, 3])])
        #expect(program.outputNames == ["logits"])
    }

    @Test func missingInputAndWrongShapeAreTheCallersFault() throws {
        let model = try perceptron()
        for (inputs, message) in [
            ([:], "input \"pixels\": expected by the model, found none"),
            (
                ["pixels": ValueType(.float32, [1, 1, 3, 4])],
                "input \"pixels\": expected float32 [any, 1, 3, 3], found float32 [1, 1, 3, 4]"
            ),
        ] as [([String: ValueType], String)] {
            let error = #expect(throws: PluginHostError.self) { try model.trace(inputs: inputs) }
            #expect(error == .configurationRefused(file: "test.json", plugin: "test.perceptron", message: message))
            #expect(error?.isPluginFault == false)
        }
    }

    @Test func configValueOutOfRangeIsTheCallersFault() throws {
        let (registry, _) = try registry("TestPerceptron")
        let error = #expect(throws: PluginHostError.self) {
            try registry.model(
                for: configuration(#"{"model_type": "perceptron", "width": 0, "image_size": 3, "num_classes": 4}"#))
        }
        #expect(error?.isPluginFault == false)
        #expect(
            error?.description
                == "test.json: width, image_size and num_classes: expected 1 to 4096 (plugin test.perceptron)")
    }

    @Test func initialWeightsDependOnTheSeedAlone() throws {
        let model = try perceptron()
        #expect(model.initialParameters(seed: 3) == model.initialParameters(seed: 3))
        #expect(model.initialParameters(seed: 3) != model.initialParameters(seed: 4))
        // Uniform in ±1/√fan_in, as the plugin asked.
        #expect(model.initialParameters(seed: 3)[..<50].allSatisfy { abs($0) <= 1.0 / 3 })
        #expect(model.initialParameters(seed: 3)[..<50].contains { abs($0) > 0.25 })
    }

    @Test func refusalCountsEvenIfThePluginGoesOn() throws {
        let error = #expect(throws: PluginHostError.self) { try perceptron("TestWrongAxis") }
        #expect(
            error
                == .refused(
                    plugin: "test.perceptron", function: "describe",
                    message: "tensor \"hidden.weight\": axis: expected 9 positions, found 5"))
        #expect(error?.isPluginFault == true)
    }

    @Test func scalarOutsideItsParameterIsRefused() throws {
        let error = #expect(throws: PluginHostError.self) { try perceptron("TestOutsideScalar").constructedGraph() }
        #expect(error?.isPluginFault == true)
        #expect(error?.description.contains("hidden.weight") == true)
    }

    @Test func unknownOpIsNamedWithTheOnesThereAre() throws {
        let error = #expect(throws: PluginHostError.self) {
            try perceptron("TestUnknownOp").trace(inputs: ["pixels": ValueType(.float32, [1, 1, 3, 3])])
        }
        #expect(error?.description.contains("op \"teleport\": this host has no such op; it has add") == true)
    }
}
