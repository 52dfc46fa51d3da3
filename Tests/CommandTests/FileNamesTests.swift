import Checkpoints
import Foundation
import TestSupport
import Testing

/// Histories as they are found in the wild: without a prefix, with a tied tensor twice, with cached buffers.
@Suite struct FileNamesTests {
    private let folder = TemporaryFolder()
    private let config: String
    private let prefix = "transformer."

    init() {
        config = folder.write(
            #"{"model_type": "gpt2", "vocab_size": 11, "n_positions": 4, "n_embd": 4, "n_layer": 1, "n_head": 2}"#,
            to: "config.json")
    }

    /// Names and shapes of the model's parameters, as `nino graph` tells them.
    private func parameters() throws -> [(name: String, shape: [Int])] {
        let graph = folder + "graph.safetensors"
        try #require(try Command("graph", "--config", config, "--out", graph).status == 0)
        let text = try #require(try Checkpoint(opening: graph).metadata["parameters"])
        let list = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[Any]])
        return try list.map { (try #require($0[0] as? String), try #require($0[1] as? [Int])) }
    }

    /// Writes five states in which every scalar of a tensor grows by 1 a state; `names` says what a file calls a
    /// parameter. `copy` is the name of a second copy of the word table.
    private func writeHistory(
        extra: [(String, [Int], Float)] = [], copy: String? = nil, names: (String) -> String
    ) throws -> [String] {
        let parameters = try parameters()
        return try (0..<5).map { t in
            let path = folder + "state\(t).safetensors"
            let copies = copy.map { [($0, [11, 4], Float(t))] } ?? []
            let tensors = parameters.map { (names($0.name), $0.shape, Float(t)) } + extra + copies
            let writer = try SafetensorsWriter(
                path, tensors: tensors.map { TensorInfo(name: $0.0, dtype: .f32, shape: $0.1) })
            for tensor in writer.tensors {
                let value = tensors.first { $0.0 == tensor.name }!.2
                try writer.write([Float](repeating: value, count: tensor.count), to: tensor.name)
            }
            try writer.commit()
            return path
        }
    }

    private func step(_ history: [String]) throws -> Command {
        try Command(
            arguments: ["step", "--config", config, "--history"] + history + [
                "--k", "2", "--method", "linefit", "--out", folder + "out.safetensors",
            ])
    }

    @Test func namesWithoutThePrefixAreUnderstoodAndKept() throws {
        let history = try writeHistory { String($0.dropFirst(prefix.count)) }
        #expect(try step(history).status == 0)
        let out = try Checkpoint(opening: folder + "out.safetensors")
        #expect(Set(out.tensors.map(\.name)) == Set(try Checkpoint(opening: history[0]).tensors.map(\.name)))
        #expect(try out.floats("wte.weight").allSatisfy { $0 == 6 })
    }

    @Test func duplicateOfATiedTensorThatDiffersIsNotOverwritten() throws {
        let command = try step(writeHistory(extra: [("lm_head.weight", [11, 4], -1)]) { $0 })
        #expect(command.status == 2)
        #expect(
            command.errors.contains(
                "tensor 'lm_head.weight': expected the numbers of 'transformer.wte.weight', which the config ties it to"
            ))
        #expect(!folder.contents.contains("out.safetensors"))
    }

    @Test func duplicateOfATiedTensorFollowsItAndBuffersStay() throws {
        let history = try writeHistory(
            extra: [("transformer.h.0.attn.bias", [1, 1, 4, 4], 5)], copy: "lm_head.weight"
        ) { $0 }
        let command = try step(history)
        #expect(command.status == 0, "\(command.errors)")
        let out = try Checkpoint(opening: folder + "out.safetensors")
        #expect(try out.floats("lm_head.weight") == out.floats("transformer.wte.weight"))
        #expect(try out.floats("transformer.h.0.attn.bias").allSatisfy { $0 == 5 })
    }

    @Test(arguments: ["module.", "model.", "net._orig_mod."])
    func wrappersAreTakenOffAndPutBack(wrapper: String) throws {
        let history = try writeHistory { wrapper + $0 }
        let command = try step(history)
        #expect(command.status == 0, "\(command.errors)")
        let out = try Checkpoint(opening: folder + "out.safetensors")
        #expect(Set(out.tensors.map(\.name)) == Set(try Checkpoint(opening: history[0]).tensors.map(\.name)))
        #expect(try out.floats(wrapper + "transformer.wte.weight").allSatisfy { $0 == 6 })
    }

    @Test func partsInsideNamesAreTakenOffAndPutBack() throws {
        let history = try writeHistory {
            $0.replacingOccurrences(of: "h.0.", with: "h.0._fsdp_wrapped_module._orig_mod.")
        }
        #expect(try step(history).status == 0)
        let out = try Checkpoint(opening: folder + "out.safetensors")
        let name = "transformer.h.0._fsdp_wrapped_module._orig_mod.ln_1.weight"
        #expect(try out.floats(name).allSatisfy { $0 == 6 })
    }

    @Test func strangersAndMixedPrefixesAreRefused() throws {
        let stranger = try step(writeHistory(extra: [("mystery", [1], 0)]) { $0 })
        #expect(stranger.status == 2)
        #expect(stranger.errors.contains("mystery"))
        let mixed = try step(writeHistory { $0.contains("ln_f") ? String($0.dropFirst(prefix.count)) : $0 })
        #expect(mixed.status == 2)
        #expect(mixed.errorLines.count == 1)
        #expect(mixed.errors.contains("ln_f"), "\(mixed.errors)")
    }

    @Test func duplicateOfATiedTensorMustHaveItsShape() throws {
        let command = try step(writeHistory(extra: [("lm_head.weight", [4, 11], 0)]) { $0 })
        #expect(command.status == 2)
        #expect(command.errors.contains("lm_head.weight"))
    }
}
