import Tensors
import Testing
import ZooSupport
import Derivation

/// Forward passes in which a symmetry is broken, or one more made.
@Suite struct AlteredDerivationTests {
    /// What becomes of a tiny model's claims when operations are replaced.
    private func comparison(
        _ name: String, _ change: Program.Change
    ) throws -> SymmetryComparison {
        let model = try Zoo.model(named: name)
        let program = try model.trace(inputs: model.inputTypes(batch: 2, length: 3)).altered(change)
        let tensors = (model.description.parameters + model.description.buffers).map {
            (name: $0.name, shape: $0.shape)
        }
        return SymmetryComparison(
            claims: model.description.claims, derived: DerivedSymmetries([program], tensors: tensors))
    }

    @Test func unalteredProgramKeepsAll() throws {
        #expect(try comparison("gpt2-tiny") { _, _, _ in nil }.isComplete)
    }

    @Test func constantAddedToTheStreamPinsItAlone() throws {
        let found = try comparison("llama-tiny") { operation, inputs, program in
            guard operation.name == "embedding" else { return nil }
            return try program.addRamp(to: program.apply(operation: operation, inputs))
        }
        #expect(found.notDerived.map(\.claim) == ["residual"])
        #expect(
            found.notDerived[0].reason
                == "constant: its values differ from position to position (seen at model.embed_tokens.weight axis 1)")
        #expect(found.notClaimed.isEmpty)
    }

    @Test func equalConstantPinsNothing() throws {
        let found = try comparison("llama-tiny") { operation, inputs, program in
            guard operation.name == "embedding" else { return nil }
            let value = try program.apply(operation: operation, inputs)
            let width = try program.shape(of: value).last!
            return try program.apply(
                "mul",
                [value, program.constant(.float(Tensor(shape: [width], values: Array(repeating: 2, count: width))))])
        }
        #expect(found.isComplete)
    }

    @Test func rotaryPinsQueriesAndKeysButNotHeads() throws {
        let found = try comparison("gpt2-tiny") { operation, inputs, program in
            guard operation.name == "attention" else { return nil }
            let width = try program.shape(of: inputs[0])[2] / 4
            let turned = try inputs.prefix(2).map {
                try program.apply("rotary", [$0], ["width": .integer(width), "theta": .real(10)])
            }
            return try program.apply(operation: operation, turned + [inputs[2]])
        }
        #expect(found.notDerived.map(\.claim) == ["qk_0", "qk_1", "qk_2"])
        #expect(
            found.notDerived[0].reason.hasPrefix(
                "rotary of transformer.h.0.attn.c_attn.weight: it turns each dimension"),
            "\(found.notDerived[0].reason)")
        #expect(found.notClaimed.isEmpty)
    }

    @Test func withoutRotaryQueriesAndKeysAreFree() throws {
        let found = try comparison("llama-tiny") { operation, inputs, _ in operation.name == "rotary" ? inputs[0] : nil
        }
        #expect(found.notDerived.isEmpty)
        #expect(
            found.notClaimed.first?.actsOn == [
                "model.layers.0.self_attn.k_proj.weight axis 0", "model.layers.0.self_attn.q_proj.weight axis 0",
            ])
    }

    /// The head norms are shared by all heads: without rotary one permutation serves them all.
    @Test func sharedHeadNormMakesOnePermutationForAllHeads() throws {
        let found = try comparison("qwen3-tiny") { operation, inputs, _ in operation.name == "rotary" ? inputs[0] : nil
        }
        #expect(found.notDerived.isEmpty)
        let first = try #require(found.notClaimed.first)
        #expect(first.actsOn.contains("model.layers.0.self_attn.q_norm.weight axis 0"))
        #expect(first.actsOn.contains("model.layers.0.self_attn.k_norm.weight axis 0"))
    }

    @Test func softmaxOverTheStreamAlonePinsNothing() throws {
        let found = try comparison("fm-16") { operation, inputs, program in
            operation.name == "globalAveragePool"
                ? try program.apply("softmax", [program.apply(operation: operation, inputs)]) : nil
        }
        #expect(found.isComplete)
    }

    @Test func tensorThatIsNotReadIsPinned() throws {
        let found = try comparison("llama-tiny") { operation, inputs, program in
            // The MLP's gate alone, without `up`.
            operation.name == "mul" ? inputs[0] : nil
        }
        #expect(
            found.notDerived.map(\.claim).allSatisfy { $0.hasPrefix("hidden_") || $0 == "residual" },
            "\(found.notDerived)")
        #expect(found.notDerived.contains { $0.reason.contains("the forward pass does not read it") })
    }
}
