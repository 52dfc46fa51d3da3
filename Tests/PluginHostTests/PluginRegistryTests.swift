import Foundation
import PluginHost
import TestSupport
import Testing

/// Loads only the given plugins, each copied to a folder of its own making.
func registry(_ products: String...) throws -> (registry: PluginRegistry, folder: TemporaryFolder) {
    let folder = TemporaryFolder()
    for product in products { folder.addPlugins(product) }
    return (PluginRegistry(searching: PluginDirectories(named: [folder.path], shared: [])), folder)
}

func configuration(_ json: String) throws -> ModelConfiguration {
    try ModelConfiguration(json: Data(json.utf8), file: "test.json")
}

let perceptronConfig = #"{"model_type": "perceptron", "width": 5, "image_size": 3, "num_classes": 4}"#

@Suite struct PluginRegistryTests {
    @Test func rightPluginInCIsLoaded() throws {
        let (registry, _) = try registry("TestPerceptron")
        #expect(registry.rejected.isEmpty)
        #expect(registry.plugins.map(\.id) == ["test.perceptron"])
        #expect(registry.plugins[0].abi == (1, 0))
        #expect(registry.plugins[0].architectures.map(\.modelTypes) == [["perceptron"]])
    }

    @Test(arguments: [
        ("TestNoSymbol", "expected the symbol nino_plugin_entry, found none"),
        ("TestOtherMajor", "ABI major expected 1, found 2"),
        ("TestNullTable", "nino_plugin_entry(1) returned NULL: the plugin does not serve ABI 1"),
        ("TestNullFunction", "entry table: create_architecture: expected a function, found NULL"),
    ])
    func brokenEntryIsRejectedWithItsReason(product: String, reason: String) throws {
        let (registry, folder) = try registry(product, "TestPerceptron")
        #expect(registry.rejected.map(\.reason.description) == ["\(folder + "lib\(product).so"): \(reason)"])
        // The others are not harmed.
        #expect(registry.plugins.map(\.id) == ["test.perceptron"])
    }

    @Test func missingDescriptorIsRejected() throws {
        let (registry, _) = try registry("TestNoDescriptor")
        #expect(
            registry.rejected.map(\.reason.description) == [
                "plugin test.perceptron: nino.descriptor/1: expected a table, found NULL"
            ])
    }

    @Test func fileThatIsNoLibraryIsRejected() throws {
        let folder = TemporaryFolder()
        folder.write("not a library", to: "text.so")
        let registry = PluginRegistry(searching: PluginDirectories(named: [folder.path], shared: []))
        #expect(registry.rejected.count == 1)
        #expect(registry.rejected[0].reason.description.hasPrefix("\(folder + "text.so"): cannot be loaded: "))
    }

    @Test func secondPluginWithTheSameIDIsShadowed() throws {
        let (first, second) = (TemporaryFolder(), TemporaryFolder())
        first.addPlugins("TestPerceptron")
        second.addPlugins("TestPerceptron")
        let registry = PluginRegistry(searching: PluginDirectories(named: [first.path, second.path], shared: []))
        #expect(registry.plugins.map(\.file) == [(first + "libTestPerceptron.so")])
        #expect(
            registry.rejected.map(\.reason) == [
                .shadowed(
                    file: (second + "libTestPerceptron.so"), id: "test.perceptron", by: (first + "libTestPerceptron.so")
                )
            ])
    }

    @Test func oneFileUnderTwoNamesIsLoadedOnce() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron")
        try FileManager.default.createSymbolicLink(
            atPath: (folder + "other.so"), withDestinationPath: (folder + "libTestPerceptron.so"))
        let registry = PluginRegistry(searching: PluginDirectories(named: [folder.path], shared: []))
        #expect(registry.plugins.count == 1)
        #expect(registry.rejected.isEmpty)
    }

    @Test func namedFolderThatIsNotThereIsReported() throws {
        let registry = PluginRegistry(searching: PluginDirectories(named: ["/nonexistent/plugins"], shared: []))
        #expect(registry.missing.map(\.path) == ["/nonexistent/plugins"])
    }

    @Test func currentFolderIsNotSearched() {
        let directories = PluginDirectories.standard(paths: ["a"], environment: ["NINO_PLUGIN_PATH": "b:c"])
        #expect(directories.named == ["a", "b", "c"])
        #expect(!directories.shared.contains { $0 == "." || $0 == FileManager.default.currentDirectoryPath })
    }

    @Test func twoPluginsThatRecognizeOneConfigEquallyAreBothNamed() throws {
        let (registry, _) = try registry("TestPerceptron", "TestTwin")
        #expect(
            throws: PluginHostError.ambiguous(
                file: "test.json", first: "test.perceptron", second: "test.twin", score: 100)
        ) {
            try registry.model(for: configuration(perceptronConfig))
        }
    }

    @Test func unknownModelTypeNamesTheKnownOnes() throws {
        let (registry, _) = try registry("TestPerceptron")
        #expect(
            throws: PluginHostError.unknownModelType(file: "test.json", found: "\"transporter\"", known: ["perceptron"])
        ) {
            try registry.model(for: configuration(#"{"model_type": "transporter"}"#))
        }
        #expect(throws: PluginHostError.unknownModelType(file: "test.json", found: nil, known: ["perceptron"])) {
            try registry.model(for: configuration("{}"))
        }
        #expect(throws: PluginHostError.unknownModelType(file: "test.json", found: "7", known: ["perceptron"])) {
            try registry.model(for: configuration(#"{"model_type": 7}"#))
        }
    }

    @Test func configThatIsNoObjectIsRefused() throws {
        #expect(throws: PluginHostError.configurationNotAnObject(file: "test.json", found: "[1, 2]")) {
            try configuration("[1, 2]")
        }
        #expect(throws: PluginHostError.self) { try configuration("{") }
    }
}
