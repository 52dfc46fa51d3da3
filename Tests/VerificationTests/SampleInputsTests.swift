import Foundation
import PluginHost
import Tensors
import TestSupport
import Testing
import Verification
import ZooSupport

@Suite struct SampleInputsTests {
    @Test(arguments: Zoo.samples)
    func everySampleRunsOnThem(sample: String) throws {
        let model = try Zoo.model(sample)
        var random = SeededRandom(seed: 5, purpose: .trials)
        let inputs = try SampleInputs(model, using: &random)
        let evaluator = try ModelState(model, seed: 1).evaluator(inputs: inputs.types, purpose: .inference)
        try evaluator.run(inputs: inputs.values)
        let loss = try evaluator.value(of: "loss").array
        #expect(loss.count == 1 && loss[0].isFinite)
    }

    @Test func integersReachTheLastRow() throws {
        let model = try Zoo.model(
            #"{"model_type": "gpt2", "vocab_size": 3, "n_embd": 4, "n_layer": 1, "n_head": 2, "n_positions": 40}"#)
        var random = SeededRandom(seed: 5, purpose: .trials)
        let inputs = try SampleInputs(model, length: 40, using: &random)
        guard case .integer(let ids) = inputs.values["input_ids"] else { return #expect(Bool(false), "no input_ids") }
        #expect(Set(ids.values) == [0, 1, 2])
    }

    @Test(arguments: [(3, 3), (5, 5), (40, 5)])
    func textIsNoLongerThanTheModelTakes(positions: Int, length: Int) throws {
        let model = try Zoo.model(
            #"{"model_type": "gpt2", "vocab_size": 3, "n_embd": 4, "n_layer": 1, "n_head": 2, "#
                + #""n_positions": \#(positions)}"#
        )
        var random = SeededRandom(seed: 5, purpose: .trials)
        #expect(try SampleInputs(model, using: &random).types["input_ids"]?.shape == [3, length])
    }
}
