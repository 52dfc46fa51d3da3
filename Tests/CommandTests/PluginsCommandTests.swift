import Foundation
import TestSupport
import Testing

@Suite(.slow) struct PluginsCommandTests {
    @Test func listsPluginsBesideTheExecutable() throws {
        let command = try Command("plugins", "--json")
        #expect(command.status == 0)
        let ids = command.output.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["id"] as? String
        }
        #expect(ids.contains("nino.mlp"))
        #expect(ids.contains("nino.cnn"))
        // Test plugins lie in the same folder, but are not looked at unless their folder is named.
        #expect(!ids.contains("test.perceptron"))
    }

    @Test func listsRejectedFilesAndStillExitsWithZero() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestOtherMajor", "TestNoSymbol", "TestNullTable")
        let command = try Command("plugins", "--plugin-path", folder.path)
        #expect(command.status == 0)
        for reason in [
            "libTestOtherMajor.so: ABI major expected 1, found 2",
            "libTestNoSymbol.so: expected the symbol nino_plugin_entry, found none",
            "libTestNullTable.so: nino_plugin_entry(1) returned NULL: the plugin does not serve ABI 1",
        ] {
            #expect(command.output.contains("    \(folder.path)\(reason)\n"))
        }
    }

    @Test func pluginFromANamedFolderIsUsed() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron")
        folder.write(#"{"model_type": "perceptron", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "config.json")
        let arguments = ["graph", "--config", folder + "config.json", "--json"]
        #expect(try Command(arguments: arguments + ["--plugin-path", folder.path]).status == 0)
        #expect(try Command(arguments: arguments, environment: ["NINO_PLUGIN_PATH": folder.path]).status == 0)
        // Without it, the model type is unknown.
        let without = try Command(arguments: arguments)
        #expect(without.status == 2)
        #expect(without.errorLines.count == 1)
        #expect(without.errors.contains("key \"model_type\": expected one of "))
        #expect(without.errors.contains("found \"perceptron\""))
    }

    @Test func twoPluginsThatRecognizeOneConfigEquallyAreAnError() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron", "TestTwin")
        folder.write(#"{"model_type": "perceptron", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "config.json")
        let command = try Command("graph", "--config", folder + "config.json", "--plugin-path", folder.path)
        #expect(command.status == 2)
        #expect(
            command.errorLines == [
                "nino: \(folder + "config.json"): plugins test.perceptron and test.twin both recognize it with score "
                    + "100; take one of them out of the search path"
            ])
    }

    @Test func misbehavingPluginThatIsNeededExitsWithThree() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestWrongAxis")
        folder.write(#"{"model_type": "perceptron", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "config.json")
        let command = try Command("graph", "--config", folder + "config.json", "--plugin-path", folder.path)
        #expect(command.status == 3)
        #expect(
            command.errorLines == [
                "nino: plugin test.perceptron: describe: tensor \"hidden.weight\": axis: expected 9 positions, found 5"
            ])
    }

    @Test(arguments: [[], ["--help"], ["graph", "--help"], ["--version"]])
    func helpIsNoError(arguments: [String]) throws {
        let command = try Command(arguments: arguments)
        #expect(command.status == 0)
        #expect(!command.output.isEmpty)
        #expect(command.errors.isEmpty)
    }

    @Test(arguments: [
        ["bogus"], ["graph"], ["graph", "--config"], ["plugins", "--threads", "0"], ["plugins", "--nonsense"],
    ])
    func badUsageExitsWithTwo(arguments: [String]) throws {
        let command = try Command(arguments: arguments)
        #expect(command.status == 2)
        #expect(!command.errors.isEmpty)
    }
}
