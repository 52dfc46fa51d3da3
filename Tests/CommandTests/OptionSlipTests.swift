import Foundation
import TestSupport
import Testing

/// Options that name what is not there, ask for what has no effect, or would overwrite something worth more.
@Suite struct OptionSlipTests {
    private let folder = TemporaryFolder()

    /// A command that must end with status 2 and one line.
    private func refused(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let command = try Command(arguments: arguments)
        #expect(command.status == 2, "\(command.errors)", sourceLocation: sourceLocation)
        #expect(command.errorLines.count == 1, "\(command.errors)", sourceLocation: sourceLocation)
        return command.errors
    }

    @Test func aPluginPathThatIsNoFolderIsRefusedByEveryCommand() throws {
        let file = folder.write("x", to: "libX.so")
        let commands = [
            ["graph", "--config", "fm-16"], ["plugins"], ["configs"], ["verify", "--config", "fm-16"],
            ["convert", "a", "b"],
        ]
        for (path, found) in [(folder + "plguins", "nothing"), (file, "a file")] {
            for command in commands {
                let message = try refused(command + ["--plugin-path", path])
                #expect(
                    message == "nino: --plugin-path: \(path): expected a folder with plugins, found \(found)\n",
                    "\(command)")
            }
        }
        // The twin: a folder is searched, though nothing in it is of use.
        let command = try Command("graph", "--config", "fm-16", "--plugin-path", folder.path)
        #expect(command.status == 0 && command.errors.isEmpty, "\(command.errors)")
    }

    @Test func aFolderOfTheEnvironmentThatIsNotThereIsMentioned() throws {
        let path = folder + "nowhere"
        let command = try Command("graph", "--config", "fm-16", environment: ["NINO_PLUGIN_PATH": path])
        #expect(command.status == 0)
        #expect(
            command.errorLines == ["nino: NINO_PLUGIN_PATH: \(path): expected a folder with plugins, found nothing"])
    }

    @Test func aPageDoesNotTakeThePlaceOfSomethingElse() throws {
        let weights = folder.write("weights of a month", to: "model.safetensors")
        for arguments in [
            ["graph", "--config", "fm-16", "--html", weights], ["graph", "--config", "fm-16", "--svg", weights],
            ["verify", "--config", "fm-16", "--html", weights], ["explore", "--config", "fm-16", "--html", weights],
        ] {
            #expect(try refused(arguments).contains("holds something already"))
        }
        #expect(TemporaryFolder.bytes(of: weights) == Array("weights of a month".utf8))
        // The twins: a page may be replaced by a page, and a new file may be called anything.
        let page = folder.write("old", to: "page.html")
        for place in [page, folder + "page"] {
            #expect(try Command("graph", "--config", "fm-16", "--html", place).status == 0)
            #expect(TemporaryFolder.bytes(of: place).count > 1000)
        }
    }

    @Test func aReportThatCannotBeWrittenIsRefusedBeforeTheRun() throws {
        let text = folder.write("some text to learn, again and again", to: "text")
        let page = try refused(["graph", "--config", "fm-16", "--html", String(folder.path.dropLast())])
        #expect(page.contains("expected a file or nothing under this name, found a folder"))
        for command in ["train", "compare"] {
            let message = try refused([command, "--task", "text", "--text", text, "--report", text])
            #expect(message == "nino: \(text): cannot write: expected a folder, found a file at \(text)\n")
        }
    }

    @Test func stepsBeyondAllBoundsAreRefused() throws {
        let states = (0..<5).map { folder.write("x", to: "\($0).safetensors") }
        let largest = "\(Int.max)"
        let step = ["step", "--method", "rank1", "--out", folder + "o.safetensors"]
        for (options, name) in [
            (["--k", "1", "--steps", "1,2,3,4,\(largest)"], "--steps"), (["--to", largest], "--to"),
        ] {
            let message = try refused(step + options + ["--history"] + states)
            #expect(message.hasPrefix("nino: \(name): expected at most 1000000000000 "), "\(message)")
        }
        for command in [step + ["--k", "1"], ["backtest"]] {
            let message = try refused(command + ["--steps=\(Int.min),0,1,2,\(largest)", "--history"] + states)
            #expect(message.hasPrefix("nino: --steps: expected at least 0, found -9223372036854775808"), "\(message)")
        }
        let trials = try refused(["verify", "--config", "fm-16", "--trials", largest])
        #expect(trials.hasPrefix("nino: --trials: expected at most 1000000 "), "\(trials)")
        let nino = ["step", "--config", "fm-16", "--out", folder + "o.safetensors", "--step", largest, "--history"]
        #expect(try refused(nino + states).hasPrefix("nino: --step: expected at most 1000000000000 "))
    }

    @Test func optionsOfNowcastsAreMentionedWhereThereAreNone() throws {
        let text = folder.write(String(repeating: "some text to learn, again and again", count: 40), to: "text")
        let train = [
            "train", "--task", "text", "--text", text, "--steps", "1", "--eval-every", "1", "--horizon", "5", "--quiet",
        ]
        let command = try Command(arguments: train + ["--nowcaster", "none"])
        #expect(command.status == 0)
        #expect(
            command.errorLines == ["nino: --horizon changes nothing: with --nowcaster none there are no nowcasts"])
        #expect(try Command(arguments: train + ["--nowcaster", "linefit"]).errors.isEmpty)
    }

    @Test func aGraphThatNoMemoryHoldsIsRefused() throws {
        let config = folder.write(
            #"{"model_type": "gpt2", "n_layer": 1, "n_embd": 8, "n_head": 2, "vocab_size": 2000000000}"#,
            to: "config.json")
        #expect(try refused(["graph", "--config", config]).contains("expected at most 134217728 nodes, found 2000"))
    }

    @Test func aCheckpointThatIsNoNowcasterIsNamed() throws {
        let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        let file = folder.write(safetensors(header, [UInt8](repeating: 0, count: 8)), to: "w.safetensors")
        let message = try refused(["verify", "--config", "fm-16", "--checkpoint", file])
        #expect(message.hasPrefix("nino: \(file): tensor 'layer_embed.weight': expected"), "\(message)")
    }
}
