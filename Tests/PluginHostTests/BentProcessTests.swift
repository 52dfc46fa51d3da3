import Foundation
import TestSupport
import Testing

import PluginHost

/// A plugin in the program itself changes nothing of how the program works, or is told.
@Suite struct BentProcessTests {
    private func command(_ folder: TemporaryFolder) throws -> Command {
        folder.write(perceptronConfig, to: "config.json")
        return try Command(
            "graph", "--config", folder + "config.json", "--plugin-path", folder.path, "--trust", "--out",
            "nino-test-relative.safetensors", "--json")
    }

    @Test func whatAPluginChangesIsPutBackAndSaid() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestChangesProcess")
        let relative = BuiltProducts.repository.appendingPathComponent("nino-test-relative.safetensors")
        defer { try? FileManager.default.removeItem(at: relative) }
        let bent = try command(folder)
        #expect(bent.status == 0)
        let file = folder + "libTestChangesProcess.so"
        let said = ["handling of signals", "locale", "working folder", "permissions of new files", "timers"]
        #expect(
            bent.errorLines == [
                "nino: plugin \(file): changed how numbers are rounded in a constructor; it was put back"
            ] + said.map { "nino: plugin test.perceptron: changed the \($0) in describe; it was put back" })
        // The relative path still means what it did.
        #expect(FileManager.default.fileExists(atPath: relative.path))
        let straight = TemporaryFolder()
        straight.addPlugins("TestPerceptron")
        let right = try command(straight)
        #expect(right.errors.isEmpty)
        #expect(right.output == bent.output)
    }

    @Test func traceThatChangesIsRefused() throws {
        let (registry, _) = try registry("TestChangesItsTrace")
        let model = try registry.model(
            for: configuration(#"{"model_type": "hostile", "width": 5, "image_size": 3, "num_classes": 4}"#))
        let error = #expect(throws: PluginHostError.self) { try model.inputTypes(batch: 2, length: 2) }
        #expect(
            error?.description == "plugin test.changes-its-trace: trace: expected the same forward pass whenever it "
                + "is asked for, found another the second time")
    }

    @Test func oneThatHangsIsWaitedForAndNamed() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron", "TestHangsInRecognize")
        folder.write(perceptronConfig, to: "config.json")
        let start = ContinuousClock.now
        let command = try Command(
            "graph", "--config", folder + "config.json", "--plugin-path", folder.path, "--time-limit", "3")
        #expect(command.status == 0)
        let file = folder + "libTestHangsInRecognize.so"
        #expect(command.errorLines == ["nino: waited for a plugin: \(file): took longer than 3 s in recognize"])
        #expect(ContinuousClock.now - start > .seconds(3))
        // It has no manifest, so it may know any model type; the plugins of the zoo have one and are not asked.
        let other = try Command("graph", "--config", "fm-16", "--plugin-path", folder.path, "--time-limit", "3")
        #expect(other.status == 0)
        #expect(other.errorLines == ["nino: waited for a plugin: \(file): took longer than 3 s in recognize"])
        let listing = try Command("plugins", "--plugin-path", folder.path, "--time-limit", "3")
        #expect(listing.output.hasSuffix("rejected:\n    \(file): took longer than 3 s in recognize\n"))
    }
}
