import Checkpoints
import Foundation
import TestSupport
import Testing

/// A small text, small language models for it, and commands on them.
private struct TextFixture {
    let folder = TemporaryFolder()
    let text: String
    let config: String

    init() {
        var random = SeededGenerator(seed: 3)
        let words = ["neuron", "graph", "nowcast", "weight"]
        text = folder.write(
            (0..<1000).map { _ in words[Int.random(in: 0..<4, using: &random)] }.joined(separator: " "), to: "words.txt"
        )
        config = folder.write(Self.config(), to: "config.json")
    }

    static func config(vocabulary: Int = 256) -> String {
        #"{"model_type": "gpt2", "vocab_size": \#(vocabulary), "n_positions": 32, "n_embd": 16, "#
            + #""n_layer": 1, "n_head": 2}"#
    }

    func train(_ extra: String...) throws -> Command {
        try Command(
            arguments: [
                "train", "--task", "text", "--config", config, "--text", text, "--batch", "8", "--steps", "40",
                "--period", "20", "--eval-every", "10",
                "--lr", "0.02", "--nowcaster", "linefit", "--quiet",
            ] + extra)
    }
}

@Suite(.slow) struct TextTaskCommandTests {
    private let fixture = TextFixture()

    @Test func aTextIsLearntAndItsPerplexityShown() throws {
        let command = try fixture.train("--json")
        #expect(command.status == 0, "\(command.errors)")
        let lines = try command.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.count == 5)
        let losses = lines.dropLast().compactMap { $0["test_loss"] as? Double }
        #expect(losses.count == 4)
        // Untrained: log 256 = 5.5.
        #expect(losses.min()! < 3)
        for (line, loss) in zip(lines, losses) {
            #expect(abs(try #require(line["perplexity"] as? Double) / exp(loss) - 1) < 1e-12)
            #expect(line["accuracy"] == nil)
        }
        #expect(lines[4]["steps_to_target"] is NSNull)
        #expect(lines[4]["best"] as? Double == losses.min())
        let shown = try fixture.train()
        #expect(shown.output.hasPrefix("40 steps, ") && shown.output.contains("best test loss"), "\(shown.output)")
    }

    @Test func aTargetLossStopsTheRun() throws {
        let easy = try fixture.train("--target", "5.5", "--json")
        #expect(easy.status == 0)
        #expect(easy.lastObject?["steps_to_target"] as? Int == 10)
        #expect(try fixture.train("--target", "0.01").status == 1)
    }

    @Test func anInterruptedRunGoesOnToTheSameBits() throws {
        let (whole, parts) = (fixture.folder + "whole", fixture.folder + "parts")
        #expect(try fixture.train("--save", whole).status == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
        process.arguments = [
            "train", "--task", "text", "--config", fixture.config, "--text", fixture.text, "--batch", "8", "--steps",
            "40", "--period", "20",
            "--eval-every", "10", "--lr", "0.02", "--nowcaster", "linefit", "--quiet", "--save", parts,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: parts + "/checkpoint.safetensors") {
            usleep(1000)
        }
        process.interrupt()
        process.waitUntilExit()
        let resumed = try fixture.train("--resume", parts)
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(
            TemporaryFolder.bytes(of: parts + "/model.safetensors")
                == TemporaryFolder.bytes(of: whole + "/model.safetensors"))
    }

    @Test func windowsAreAsLongAsTheModelTakesUnlessTheUserSaysOtherwise() throws {
        for (flags, context) in [([], 32), (["--context", "7"], 7)] {
            let run = fixture.folder + "run\(context)"
            let command = try Command(
                arguments: [
                    "train", "--task", "text", "--config", fixture.config, "--text", fixture.text, "--steps", "1",
                    "--nowcaster", "none", "--quiet", "--save", run,
                ] + flags)
            #expect(command.status == 0, "\(command.errors)")
            let data = try Checkpoint(opening: run + "/checkpoint.safetensors").metadata["data"]
            #expect(data?.hasSuffix("windows of \(context)") == true, "\(data ?? "none")")
        }
    }

    @Test func comparisonsRunOnTextToo() throws {
        let command = try Command(
            arguments: [
                "compare", "--task", "text", "--config", fixture.config, "--text", fixture.text, "--batch", "8",
                "--steps", "20", "--period", "10",
                "--eval-every", "10", "--nowcasters", "none,linefit", "--report", fixture.folder + "report", "--json",
            ])
        #expect(command.status == 0, "\(command.errors)")
        #expect(command.output.split(separator: "\n").count == 2)
        let page = try String(contentsOfFile: fixture.folder + "report/report.html", encoding: .utf8)
        #expect(page.contains("<title>text: test loss</title>"))
        #expect(!page.contains(">target "))
    }

    /// Every error is one line that names what is wrong, and exit status 2.
    @Test func whatCannotBeLearntIsRefused() throws {
        let short = fixture.folder.write(String(repeating: "x", count: 319), to: "short.txt")
        let small = fixture.folder.write(TextFixture.config(vocabulary: 255), to: "small.json")
        func refusal(_ arguments: [String]) throws -> String {
            let command = try Command(
                arguments: ["train", "--nowcaster", "none", "--quiet", "--steps", "1"] + arguments)
            #expect(command.status == 2, "\(arguments)")
            #expect(command.errorLines.count == 1, "\(command.errors)")
            return command.errors
        }
        let config = ["--config", fixture.config]
        let text = ["--task", "text", "--text", fixture.text]
        #expect(
            try refusal(["--task", "text"] + config)
                == "nino: --text: expected a file for task text to learn, found none\n")
        #expect(
            try refusal(["--task", "text", "--text", "/nowhere/t"] + config)
                == "nino: /nowhere/t: cannot be read: No such file or directory\n")
        #expect(
            try refusal(["--task", "text", "--text", short] + config)
                == "nino: \(short): expected at least 320 bytes, so that the held-out tenth has a window of 32, found "
                + "319\n"
        )
        #expect(
            try refusal(text + ["--config", small])
                == "nino: the model's output logits: expected at least 256 classes for task text, found 255\n")
        #expect(
            try refusal(text + config + ["--context", "33"])
                == "nino: \(fixture.config): cannot learn task text, which gives input_ids and labels: input "
                + "\"input_ids\": expected at most 32 positions, found 33\n"
        )
        #expect(try refusal(text + config + ["--context", "1"]).contains("--context: expected at least 2 positions"))
        #expect(
            try refusal(text + config + ["--data", "somewhere"]).contains("--data: expected nothing for task text"))
        #expect(
            try refusal(text + ["--config", "fm-16"]).contains(
                "cannot learn task text, which gives input_ids and labels: input \"pixels\": expected by the model, "
                    + "found none"
            ))
        #expect(
            try refusal(["--task", "fm-16", "--text", fixture.text]).contains("--text: expected nothing for task fm-16")
        )
        _ = fixture.folder.write(String(repeating: "x", count: 320), to: "short.txt")
        #expect(
            try Command(
                arguments: [
                    "train", "--nowcaster", "none", "--quiet", "--steps", "1", "--task", "text", "--text", short,
                ] + config
            ).status == 0)
    }
}
