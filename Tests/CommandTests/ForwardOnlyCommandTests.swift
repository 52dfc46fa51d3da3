import Checkpoints
import Foundation
import TestSupport
import Testing

/// Every command on a plugin that supplies its forward pass alone.
@Suite struct ForwardOnlyCommandTests {
    private let folder = TemporaryFolder()
    private let config: String

    init() {
        folder.addPlugins("TestForwardOnly")
        config = folder.write(
            #"{"model_type": "forward_only", "width": 12, "inner": 20, "image_size": 28, "num_classes": 10}"#,
            to: "config.json")
    }

    private func run(_ arguments: String...) throws -> Command {
        try Command(arguments: arguments + ["--plugin-path", folder.path, "--quiet"])
    }

    @Test func graphIsDerived() throws {
        let command = try run("graph", "--config", config, "--json", "--out", folder + "g.safetensors")
        #expect(command.status == 0, "\(command.errors)")
        #expect(command.lastObject?["is_derived"] as? Bool == true)
        #expect(command.lastObject?["nodes"] as? Int == 784 + 12 + 20 + 12 + 10 + 6)
        let diff = try run("graph", "--config", config, "--diff")
        #expect(
            diff.status == 2
                && diff.errorLines == [
                    "nino: plugin test.forward-only: has no nino.neural_graph/1, which a neural graph needs"
                ], "\(diff.errors)")
    }

    @Test func symmetriesAreProven() throws {
        let command = try run("verify", "--plugin", "test.forward-only")
        #expect(command.status == 0, "\(command.errors)\(command.output)")
        #expect(command.output.contains("groups and graph are derived from the forward pass"))
    }

    /// With a network that needs the graph.
    @Test func nowcastsAreMade() throws {
        let checkpoint = folder + "nino.safetensors"
        try RandomCheckpoint.write(to: checkpoint)
        let shapes = [
            ("stem.weight", [12, 784]), ("stem.bias", [12]), ("up.weight", [20, 12]), ("up.bias", [20]),
            ("down.weight", [12, 20]), ("down.bias", [12]),
            ("head.weight", [10, 12]), ("head.bias", [10]), ("norm.weight", [12]), ("norm.bias", [12]),
        ]
        var random = SeededGenerator(seed: 2)
        let history = try (0..<5).map { t in
            let path = folder + "state\(t).safetensors"
            let writer = try SafetensorsWriter(
                path, tensors: shapes.map { TensorInfo(name: $0.0, dtype: .f32, shape: $0.1) }, metadata: [:])
            for tensor in writer.tensors { try writer.write(random.floats(tensor.shape.reduce(1, *)), to: tensor.name) }
            try writer.commit()
            return path
        }
        let out = folder + "out.safetensors"
        let command = try Command(
            arguments: [
                "step", "--config", config, "--plugin-path", folder.path, "--checkpoint", checkpoint, "--k", "3",
                "--out", out, "--json", "--history",
            ] + history)
        #expect(command.status == 0, "\(command.errors)")
        #expect(command.lastObject?["method"] as? String == "nino")
        #expect(FileManager.default.fileExists(atPath: out))
    }

    @Test func trainingAndComparisonNowcastOnTheDerivedGraph() throws {
        let fixture = TrainFixture()
        let checkpoint = folder + "nino.safetensors"
        try RandomCheckpoint.write(to: checkpoint)
        let shared = fixture.flags + ["--config", config, "--plugin-path", folder.path, "--json", "--quiet"]
        // A target beyond reach, so that the run does not end before its first nowcast.
        let trained = try Command(arguments: ["train"] + shared + ["--nowcaster", checkpoint, "--target", "100.1"])
        #expect(trained.status == 1, "\(trained.errors)")
        #expect(trained.lastObject?["nowcasts"] as? Int == 2)
        let compared = try Command(
            arguments: ["compare"] + shared + ["--nowcasters", "none,\(checkpoint)", "--seeds", "1"])
        #expect(compared.status == 0, "\(compared.errors)")
    }

    @Test func differenceFromAConstructorIsToldInWords() throws {
        let command = try Command("graph", "--config", "llama-tiny", "--diff")
        #expect(command.status == 0, "\(command.errors)")
        #expect(
            command.output.contains(
                "difference  same edges for 29 of 29 tensors, and for 12 of 12 connections without parameters"),
            "\(command.output)")
    }
}
