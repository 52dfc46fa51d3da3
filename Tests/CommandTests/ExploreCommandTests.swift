import Foundation
import TestSupport
import Testing

@Suite struct ExploreCommandTests {
    private let folder = TemporaryFolder()
    private var page: String { folder + "page.html" }

    private func html() throws -> String { try String(contentsOfFile: page, encoding: .utf8) }

    @Test func aLargeModelIsShownByASmallOne() throws {
        let command = try Command("explore", "--config", "llama-3.2-1b", "--html", page)
        #expect(command.status == 0, "\(command.errors)")
        let html = try html()
        #expect(html.utf8.count < 1_000_000)
        #expect(html.contains("hidden_size 2,048 →"))
    }

    @Test func thePageIsTheSameForTheSameSeedButForItsDate() throws {
        func body(_ seed: String) throws -> Substring {
            #expect(try Command("explore", "--config", "fm-16", "--html", page, "--seed", seed).status == 0)
            let html = try html()
            return try html[#require(html.range(of: "id=\"model\"")).lowerBound...]
        }
        let first = try body("7")
        #expect(try body("7") == first)
        #expect(try body("8") != first)
    }

    @Test func weightsOfAFileAreShown() throws {
        let files = folder + "files"
        #expect(try Command("explore", "--config", "fm-16", "--html", page, "--files", files).status == 0)
        let drawn = try html()
        let again = try Command(
            "explore", "--config", files + "/config.json", "--weights", files + "/weights.safetensors", "--html", page)
        #expect(again.status == 0, "\(again.errors)")
        let tensor = #/"name":"fc.0.weight","shape"/#
        #expect(drawn.contains(tensor))
        let data = #/"data":"([^"]+)","name":"fc.0.weight"/#
        #expect(try html().firstMatch(of: data)?.1 == drawn.firstMatch(of: data)?.1)
    }

    @Test func weightsThatDoNotFitAreRefused() throws {
        let command = try Command("explore", "--config", "gpt2", "--weights", "none.safetensors", "--html", page)
        #expect(command.status == 2 && command.errorLines.count == 1)
        #expect(command.errors.contains("--weights: a page holds at most 120000 parameters, found "))
        #expect(!FileManager.default.fileExists(atPath: page))
    }

    /// A custom op is a function of the plugin: no page can have it.
    @Test func functionsOfAPluginAreRefused() throws {
        folder.write(#"{"model_type": "softplus", "width": 5, "inputs": 6, "num_classes": 4}"#, to: "config.json")
        let plugins = TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: BuiltProducts.library("TestSoftplus"), toPath: plugins + "libTestSoftplus.so")
        let command = try Command(
            "explore", "--config", folder + "config.json", "--plugin-path", plugins.path, "--html", page)
        #expect(command.status == 2)
        #expect(command.errors.contains("uses custom.softplus, which a page cannot compute"), "\(command.errors)")
        #expect(!FileManager.default.fileExists(atPath: page))
    }
}
