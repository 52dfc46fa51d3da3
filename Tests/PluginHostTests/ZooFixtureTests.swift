import Foundation
import PluginHost
import Tensors
import TestSupport
import Testing
import ZooSupport

/// Logits, loss and gradients of transformers, torchvision and nanogpt.py; zoo.py says how they were made and why the
/// tolerances are what they are.
@Suite struct ZooFixtureTests {
    private struct Case: Decodable {
        struct Inputs: Decodable {
            let input_ids, token_type_ids: [[Int64]]?
            let pixels: [Int]?
            let labels: [Int64]?

            func values() -> [String: Value] {
                if let ids = input_ids {
                    let shape = [ids.count, ids[0].count]
                    let tokens = ids.flatMap { $0 }
                    let targets = labels ?? tokens
                    var values = ["input_ids": IntegerTensor(shape: shape, values: tokens)]
                    values["labels"] = IntegerTensor(
                        shape: targets.count == tokens.count ? shape : [targets.count], values: targets)
                    if let types = token_type_ids {
                        values["token_type_ids"] = IntegerTensor(shape: shape, values: types.flatMap { $0 })
                    }
                    return values.mapValues { .integer($0) }
                }
                let values = (0..<pixels!.reduce(1, *)).map { Float(sin(0.9 * Double($0))) }
                return [
                    "pixels": .float(Tensor(shape: pixels!, values: values)),
                    "labels": .integer(IntegerTensor(shape: [labels!.count], values: labels!)),
                ]
            }
        }

        let inputs: Inputs
        let logits: [Float]
        let loss: Float
        let gradientNorms: [String: Double]
    }

    static let names = [
        "gpt2", "gpt2_untied", "llama_scaled", "llama_biases", "qwen3", "vit", "torchvision_vit", "bert",
        "bert_classifier", "clip", "nanogpt",
    ]

    private func fixture(_ name: String) throws -> (model: Model, expected: Case) {
        let data = try Data(contentsOf: BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/zoo.json"))
        let expected = try #require(try JSONDecoder().decode([String: Case].self, from: data)[name])
        let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        let config = try JSONSerialization.data(withJSONObject: try #require(all[name]?["config"]))
        return (try Zoo.model(String(decoding: config, as: UTF8.self)), expected)
    }

    /// The formula of zoo.py.
    private func parameters(of model: Model) -> [Float] {
        var parameters = [Float](repeating: 0, count: model.parameters.count)
        for (number, entry) in model.parameters.entries.sorted(by: { $0.name < $1.name }).enumerated() {
            let shift = entry.shape.count == 1 && entry.name.hasSuffix("weight") ? 1.0 : 0
            for k in 0..<entry.count {
                parameters[entry.offset + k] = Float(0.3 * sin(1.7 * Double(k) + Double(number)) + shift)
            }
        }
        return parameters
    }

    @Test(arguments: names)
    func logitsLossAndGradientsAreTheReferences(name: String) throws {
        let (model, expected) = try fixture(name)
        #expect(Set(model.parameters.entries.map(\.name)) == Set(expected.gradientNorms.keys))
        let state = ModelState(model, parameters: parameters(of: model), buffers: [:])
        let inputs = expected.inputs.values()
        let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .training)
        try evaluator.run(inputs: inputs)
        #expect(difference(try evaluator.value(of: "logits").array, expected.logits) < 1e-4)
        #expect(abs(try evaluator.value(of: "loss").array[0] - expected.loss) < 1e-5 * abs(expected.loss))
        try evaluator.backward(from: "loss")
        let largest = expected.gradientNorms.values.max()!
        for (tensor, norm) in expected.gradientNorms {
            let found = state.view(tensor, of: state.gradients)!.array.reduce(0) { $0 + Double($1) * Double($1) }
                .squareRoot()
            // The gradient of a key bias is zero but for rounding.
            #expect(abs(found - norm) < 1e-3 * norm + 1e-6 * largest, "\(tensor): expected \(norm), found \(found)")
        }
    }

    @Test(arguments: names)
    func anotherWeightIsSeen(name: String) throws {
        let (model, expected) = try fixture(name)
        var changed = parameters(of: model)
        changed[model.parameters.count / 2] += 0.5
        let state = ModelState(model, parameters: changed, buffers: [:])
        let inputs = expected.inputs.values()
        let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .inference)
        try evaluator.run(inputs: inputs)
        #expect(difference(try evaluator.value(of: "logits").array, expected.logits) > 1e-4)
    }

    @Test func absentTokenTypesAreZerosAndAMaskIsRefused() throws {
        let (model, expected) = try fixture("bert")
        func logits(_ inputs: [String: Value]) throws -> [Float] {
            let state = ModelState(model, parameters: parameters(of: model), buffers: [:])
            let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .inference)
            try evaluator.run(inputs: inputs)
            return try evaluator.value(of: "logits").array
        }
        var inputs = expected.inputs.values()
        let given = try logits(inputs)
        inputs["token_type_ids"] = nil
        let absent = try logits(inputs)
        inputs["token_type_ids"] = .integer(IntegerTensor(shape: [2, 5], values: [Int64](repeating: 0, count: 10)))
        #expect(try logits(inputs) == absent)
        #expect(absent != given)
        inputs["attention_mask"] = .integer(IntegerTensor(shape: [2, 5], values: [Int64](repeating: 1, count: 10)))
        let error = #expect(throws: TensorError.self) { try logits(inputs) }
        #expect(error?.description.contains("attention_mask") == true)
    }

    private func difference(_ found: [Float], _ expected: [Float]) -> Float {
        guard found.count == expected.count else { return .infinity }
        return zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / expected.reduce(0) { max($0, abs($1)) }
    }
}
