import Checkpoints
import TestSupport
import Testing

/// Steps of LoRA adapters, which bring their own graph.
@Suite struct AdapterTests {
    private let folder = TemporaryFolder()

    private var out: String { folder + "out.safetensors" }

    /// A step of five states of these matrices, all with the same numbers.
    private func step(_ names: [String]) throws -> Command {
        let paths: [String] = try (0..<5).map { t in
            let path = folder + "state\(t).safetensors"
            let tensors = names.map { TensorInfo(name: $0, dtype: .f32, shape: $0.contains("A") ? [1, 2] : [2, 1]) }
            let writer = try SafetensorsWriter(path, tensors: tensors)
            for tensor in writer.tensors { try writer.write([Float(1 + t), 2], to: tensor.name) }
            try writer.commit()
            return path
        }
        return try Command(arguments: ["step", "--k", "2", "--out", out, "--history"] + paths)
    }

    @Test func allAdaptersOfAModuleArePredicted() throws {
        let one = try step(["m.lora_A.weight", "m.lora_B.weight"])
        #expect(one.status == 0, "\(one.errors)")
        let alone = try Checkpoint(opening: out)
        let (down, up) = (try alone.floats("m.lora_A.weight"), try alone.floats("m.lora_B.weight"))
        #expect(down[0] > 4 && up[0] > 4)
        let two = try step(["m.lora_A.a.weight", "m.lora_A.b.weight", "m.lora_B.a.weight", "m.lora_B.b.weight"])
        #expect(two.status == 0, "\(two.errors)")
        let file = try Checkpoint(opening: out)
        for name in ["a", "b"] {
            #expect(try file.floats("m.lora_A.\(name).weight") == down)
            #expect(try file.floats("m.lora_B.\(name).weight") == up)
        }
    }

    @Test func twoMatricesInOnePlaceAreRefused() throws {
        let command = try step(["m.lora_A.weight", "m.lora_embedding_A", "m.lora_B.weight"])
        #expect(command.status == 2)
        #expect(command.errors.contains("': expected one such matrix in 'm', found two"), "\(command.errors)")
    }
}
