import Foundation
import TestSupport
import Testing

/// Every command on a plugin that supplies its forward pass alone.
@Suite struct ForwardOnlyCommandTests {
    private let folder = TemporaryFolder()
    private let config: String

    init() {
        folder.addPlugins("TestForwardOnly")
        config = folder.write(#"{"model_type": "forward_only", "width": 12, "inner": 20, "image_size": 28, "num_classes": 10}"#, to: "config.json")
    }

    private func run(_ arguments: String...) throws -> Command {
        try Command(arguments: arguments + ["--plugin-path", folder.path, "--quiet"])
    }

    @Test func graphIsDerived() throws {
        let command = try run("graph", "--config", config, "--json", "--out", folder + "g.safetensors")
        #expect(command.status == 0, "\(command.errors)")
        #expect(command.lastObject?["isDerived"] as? Bool == true)
        #expect(command.lastObject?["nodes"] as? Int == 784 + 12 + 20 + 12 + 10 + 6)
        let diff = try run("graph", "--config", config, "--diff")
        #expect(diff.status == 2 && diff.errorLines == ["nino: plugin test.forward-only: has no nino.neural_graph/1, which a neural graph needs"], "\(diff.errors)")
    }

    @Test func symmetriesAreProven() throws {
        let command = try run("verify", "--plugin", "test.forward-only")
        #expect(command.status == 0, "\(command.errors)\(command.output)")
        #expect(command.output.contains("groups and graph are derived from the forward pass"))
    }

    @Test func differenceFromAConstructorIsToldInWords() throws {
        let command = try Command("graph", "--config", "llama-tiny", "--diff")
        #expect(command.status == 0, "\(command.errors)")
        #expect(command.output.contains("difference  same edges for 29 of 29 tensors, and for 12 of 12 connections without parameters"), "\(command.output)")
    }
}
