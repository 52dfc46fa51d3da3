import Foundation
import TestSupport
import Testing

/// Tiny images in the files of FashionMNIST, and runs on them.
struct TrainFixture {
    let folder = TemporaryFolder()

    init() {
        var random = SeededGenerator(seed: 5)
        for (prefix, count) in [("train", 120), ("t10k", 30)] {
            let labels = (0..<count).map { UInt8($0 % 10) }
            let pixels = labels.flatMap { label in
                (0..<784).map { UInt8($0 % 10 == Int(label) ? 200 : 20) &+ UInt8.random(in: 0..<50, using: &random) }
            }
            folder.write(Self.idx([count, 28, 28], pixels), to: "\(prefix)-images-idx3-ubyte")
            folder.write(Self.idx([count], labels), to: "\(prefix)-labels-idx1-ubyte")
        }
    }

    private static func idx(_ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(shape.count)]
            + shape.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } } + bytes
    }

    var flags: [String] {
        [
            "--task", "fm-16", "--data", folder.path, "--batch", "16", "--steps", "40", "--period", "20",
            "--eval-every", "10", "--policy", "schedule",
        ]
    }

    /// Without nowcasts a period changes nothing, and nino says so.
    func train(_ extra: String...) throws -> Command {
        var flags = flags
        if extra.contains("none"), let period = flags.firstIndex(of: "--period") {
            flags.removeSubrange(period...period + 1)
        }
        return try Command(arguments: ["train"] + flags + extra)
    }
}

@Suite(.slow) struct TrainCommandTests {
    private let fixture = TrainFixture()

    @Test func lastLineSumsUpTheRun() throws {
        let command = try fixture.train("--nowcaster", "linefit", "--json")
        #expect(command.status == 0)
        #expect(command.output.split(separator: "\n").count == 5)
        let last = try #require(command.lastObject)
        #expect(last["steps"] as? Int == 40)
        #expect(last["nowcasts"] as? Int == 2 && last["jumps"] as? Int == 2)
        #expect(last["steps_to_target"] is NSNull)
        #expect(last["best"] is Double)
        #expect(last["seconds"] is Double)
    }

    /// The default policy: from the fifth state on, each is a nowcast. The first states are of three steps.
    @Test func searchingNowcastsAtEveryState() throws {
        let command = try fixture.train("--nowcaster", "average", "--policy", "search", "--period", "30", "--json")
        #expect(command.status == 0)
        let last = try #require(command.lastObject)
        #expect(last["nowcasts"] as? Int == 9 && last["jumps"] as? Int == 0)
        let horizons = command.output.split(separator: "\n").dropLast().map { $0.contains("\"horizon\":") }
        // From the first search at step 15 on, there is something to show besides the weights of training.
        #expect(horizons == [false, true, true, true])
        #expect(try fixture.train("--nowcaster", "average", "--policy", "guess").status == 2)
    }

    @Test func aHorizonBeyondTheCheckpointIsRefused() throws {
        for policy in ["schedule", "search"] {
            let far = try fixture.train("--policy", policy, "--horizon", "41", "--quiet")
            #expect(far.status == 2)
            #expect(far.errors == "nino: --horizon: expected at most 40, as far as nino looks, found 41\n")
        }
        let compared = try Command(
            arguments: ["compare"] + fixture.flags + ["--nowcasters", "none,linefit,nino", "--horizon", "41"])
        #expect(compared.status == 2 && compared.errors.contains("as far as nino looks"), "\(compared.errors)")
        let fitted = try fixture.train("--nowcaster", "fitted", "--horizon", "3", "--quiet")
        #expect(fitted.errors == "nino: --horizon: expected at most 2, as far as fitted looks, found 3\n")
        // The twins: as far as it looks, and what looks as far as it is asked to.
        #expect(try fixture.train("--horizon", "40", "--steps", "4", "--quiet").status == 0)
        #expect(try fixture.train("--nowcaster", "linefit", "--horizon", "41", "--steps", "4", "--quiet").status == 0)
    }

    @Test func missingATargetOfTheCommandLineIsTheAnswerNo() throws {
        #expect(try fixture.train("--nowcaster", "none", "--target", "100.1").status == 1)
        let easy = try fixture.train("--nowcaster", "none", "--target", "0.01", "--json")
        #expect(easy.status == 0)
        #expect(easy.lastObject?["steps_to_target"] as? Int == 10)
    }

    @Test func threadsChangeNothing() throws {
        let weights = try ["1", "2"].map { threads in
            let command = try fixture.train(
                "--nowcaster", "linefit", "--threads", threads, "--save", fixture.folder + threads)
            #expect(command.status == 0)
            return TemporaryFolder.bytes(of: fixture.folder + "\(threads)/model.safetensors")
        }
        #expect(!weights[0].isEmpty)
        #expect(weights[0] == weights[1])
    }

    @Test func interruptedRunGoesOnToTheSameBits() throws {
        let (whole, parts) = (fixture.folder + "whole", fixture.folder + "parts")
        #expect(try fixture.train("--nowcaster", "linefit", "--save", whole).status == 0)
        try interrupt(saving: parts)
        let resumed = try fixture.train("--nowcaster", "linefit", "--resume", parts)
        #expect(resumed.status == 0)
        #expect(
            TemporaryFolder.bytes(of: parts + "/model.safetensors")
                == TemporaryFolder.bytes(of: whole + "/model.safetensors"))
        let steps = try ["whole", "parts"].map { name in
            try String(contentsOfFile: fixture.folder + "\(name)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
                .count
        }
        #expect(steps == [4, 4])
    }

    /// Starts the run of `interruptedRunGoesOnToTheSameBits` and interrupts it as soon as it has begun.
    private func interrupt(saving folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
        process.arguments = ["train"] + fixture.flags + ["--nowcaster", "linefit", "--save", folder]
        process.currentDirectoryURL = BuiltProducts.repository
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: folder + "/checkpoint.safetensors") {
            usleep(1000)
        }
        process.interrupt()
        process.waitUntilExit()
        // A run that was over before the signal came ends with 0; both leave a state to go on from.
        #expect([0, 130].contains(process.terminationStatus))
    }

    @Test func resumingWhatIsNotThereOrAnotherRunIsRefused() throws {
        let saved = fixture.folder + "saved"
        let nothing = try fixture.train("--nowcaster", "none", "--resume", saved)
        #expect(nothing.status == 2)
        #expect(nothing.errors == "nino: \(saved): expected the folder of a run, found nothing\n")
        let file = fixture.folder.write("x", to: "file")
        #expect(try fixture.train("--nowcaster", "none", "--resume", file).errors.hasSuffix("found a file\n"))
        #expect(!FileManager.default.fileExists(atPath: saved))
        #expect(try fixture.train("--nowcaster", "none", "--save", saved, "--quiet").status == 0)
        let other = try fixture.train("--nowcaster", "none", "--resume", saved, "--seed", "7", "--quiet")
        #expect(other.status == 2)
        #expect(other.errorLines.count == 1)
        #expect(other.errors.hasSuffix(": --seed is 1000 there and 7 here\n"), "\(other.errors)")
        let more = try fixture.train(
            "--nowcaster", "none", "--resume", saved, "--lr", "0.5", "--eval-every", "20", "--quiet")
        #expect(
            more.errors.hasSuffix(": --lr is 0.006 there and 0.5 here, --eval-every is 10 there and 20 here\n"),
            "\(more.errors)")
        #expect(try fixture.train("--nowcaster", "none", "--resume", saved, "--quiet").status == 0)
    }

    @Test func comparisonWritesATableAndAReport() throws {
        let report = fixture.folder + "report"
        let command = try Command(
            arguments: ["compare"] + fixture.flags + [
                "--nowcasters", "none,linefit", "--seeds", "1,2", "--report", report, "--json",
            ])
        #expect(command.status == 0)
        #expect(command.output.split(separator: "\n").count == 2)
        #expect((command.lastObject?["steps_to_target"] as? [Any])?.count == 2)
        let page = try String(contentsOfFile: report + "/report.html", encoding: .utf8)
        #expect(page.contains("<svg") && page.contains("linefit"))
        #expect(!page.contains("<script") && !page.contains("http-equiv"))
    }

    @Test(arguments: [
        (["train", "--task", "fm-17"], "fm-16"),
        (["train", "--task", "fm-16", "--data", "/nonexistent"], "/nonexistent"),
        (["train", "--task", "fm-16", "--optimizer", "adamm"], "adamw"),
        (["train", "--task", "fm-16", "--period", "3"], "--period"),
        (["compare", "--task", "fm-16", "--nowcasters", "none", "--seeds", "1,x"], "--seeds"),
        (["compare", "--task", "fm-16", "--nowcasters", "none,none"], "--nowcasters"),
    ])
    func badFlagsAreNamed(arguments: [String], word: String) throws {
        let command = try Command(
            arguments: arguments + (arguments.contains("--data") ? [] : ["--data", fixture.folder.path]) + [
                "--quiet", "--steps", "5",
            ])
        #expect(command.status == 2)
        #expect(command.errors.contains(word), "\(command.errors)")
    }

    @Test func aVisionTransformerTrainsOnTheSameImages() throws {
        let config = fixture.folder.write(
            #"{"model_type": "torchvision_vit", "image_size": 28, "patch_size": 7, "in_channels": 1, "#
                + #""num_layers": 1, "num_heads": 2, "hidden_dim": 8, "mlp_dim": 16, "num_classes": 10}"#,
            to: "vit.json")
        let command = try Command(arguments: [
            "train", "--task", "fm-vit", "--config", config, "--data", fixture.folder.path, "--batch", "16", "--steps",
            "10", "--eval-every", "10", "--nowcaster", "none",
            "--quiet", "--json",
        ])
        #expect(command.status == 0, "\(command.errors)")
        #expect(command.lastObject?["metric"] as? String == "accuracy")
        #expect(command.lastObject?["best"] is Double)
    }

    @Test func aLanguageModelCannotLearnImages() throws {
        let config = fixture.folder.write(
            #"{"model_type": "gpt2", "vocab_size": 256, "n_positions": 32, "n_embd": 16, "n_layer": 1, "n_head": 2}"#,
            to: "config.json")
        let command = try fixture.train("--config", config, "--nowcaster", "none", "--quiet")
        #expect(command.status == 2)
        #expect(
            command.errors
                == "nino: \(config): cannot learn task fm-16, which gives labels and pixels: input \"input_ids\": "
                + "expected by the model, found none\n"
        )
    }

    @Test func truncatedDataIsRefused() throws {
        var bytes = TemporaryFolder.bytes(of: fixture.folder + "train-images-idx3-ubyte")
        bytes.removeLast()
        fixture.folder.write(bytes, to: "train-images-idx3-ubyte")
        let command = try fixture.train("--nowcaster", "none", "--quiet")
        #expect(command.status == 2)
        #expect(command.errorLines.count == 1)
        #expect(command.errors.contains("train-images-idx3-ubyte"), "\(command.errors)")
    }
}
