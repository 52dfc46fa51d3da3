import Foundation
import TestSupport
import Testing

import PluginHost

/// What a host answers to a plugin that is newer than itself, and the other way round.
@Suite struct AbiGrowthTests {
    private func model(width: Int) throws -> Model {
        let (registry, _) = try registry("TestNewcomer")
        let json = #"{"model_type": "perceptron", "width": \#(width), "image_size": 3, "num_classes": 4}"#
        return try registry.model(for: configuration(json))
    }

    @Test(arguments: [
        (
            1,
            "test.json: tensor \"w\": initialization: this host has no kind 99, only 0 to 3 (plugin test.perceptron)"
        ),
        (2, "plugin test.perceptron: describe: tensor \"w\": initialization: kind 1: expected 2 numbers, found 3"),
        (
            3,
            "plugin test.perceptron: describe: tensor \"w\": initialization: kind 0: expected 1 number, found 1 at NULL"
        ),
    ])
    func unknownInitializationIsRefused(width: Int, reason: String) throws {
        let error = #expect(throws: PluginHostError.self) { try model(width: width) }
        #expect(error?.description == reason)
    }

    @Test(arguments: [
        (
            4,
            "test.json: op \"reshape\": attribute \"shape\": this host has no kind 99, only 0 to 4 "
                + "(plugin test.perceptron)"
        ),
        (5, "plugin test.perceptron: trace: reshape: attribute 'shape': expected integers, found reals"),
        (
            6,
            "plugin test.perceptron: trace: op \"reshape\": attribute \"shape\": expected up to 64 reals, "
                + "found 2 at NULL"
        ),
    ])
    func unknownAttributeIsRefused(width: Int, reason: String) throws {
        let model = try model(width: width)
        let error = #expect(throws: PluginHostError.self) { try model.inputTypes(batch: 2, length: 2) }
        #expect(error?.description == reason)
    }

    @Test func pluginThatNeedsANewerHostIsRejected() throws {
        let (registry, folder) = try registry("TestNeedsNewerHost")
        #expect(
            registry.rejected.map(\.reason.description) == [
                "\(folder + "libTestNeedsNewerHost.so"): needs nino 999.1.0 or newer, found 1.0.0"
            ])
    }

    /// The twin of the child's: loaded here, what it says reaches the sink with its id.
    @Test func logReachesTheUserThroughAChild() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestTalkative")
        let command = try Command("plugins", "--plugin-path", folder.path)
        #expect(
            command.errorLines == [
                "nino: plugin test.talkative: warning: two lines",
                "nino: plugin test.talkative: warning: has said much; the rest is not shown",
            ])
        let more = try Command(
            arguments: ["plugins", "--plugin-path", folder.path], environment: ["NINO_LOG": "debug"])
        // 100 messages: two before the loop; then the one that ends it.
        #expect(more.errorLines.count == 101)
        #expect(more.errorLines.first == "nino: plugin test.talkative: debug: for the author")
        #expect(more.errorLines.suffix(2).first == "nino: plugin test.talkative: info: message 97")
        #expect(more.errorLines.last == "nino: plugin test.talkative: warning: has said much; the rest is not shown")
    }
}
