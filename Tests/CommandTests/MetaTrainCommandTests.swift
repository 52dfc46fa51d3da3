import Checkpoints
import Foundation
import TestSupport
import Testing

/// A small collection and networks trained on it, by the built command.
private struct MetaFixture {
    let folder = TemporaryFolder()
    let text: String
    let plan: String

    init() {
        text = folder.write(String(repeating: "a graph of neurons, ", count: 100), to: "text.txt")
        plan = folder.write(
            """
            {"families": [{"name": "tiny", "task": "text", "learning_rate": [0.001, 0.01], "weight_decay": 0.01, \
            "batch_size": 4, "steps": 32, "interval": 4,
              "config": {"model_type": "gpt2", "vocab_size": 256, "n_positions": 64, "n_embd": {"one_of": [4, 8]}, \
              "n_layer": 1, "n_head": 2}}]}
            """, to: "plan.json")
    }

    var collection: String { folder + "collection" }

    func collect(_ extra: String...) throws -> Command {
        try Command(arguments: ["collect", "--out", collection, "--plan", plan, "--text", text] + extra)
    }

    func train(_ out: String, _ extra: String...) throws -> Command {
        try Command(
            arguments: [
                "meta-train", "--data", collection, "--out", folder + out, "--hidden", "8", "--steps", "4",
                "--trajectories", "2", "--slices", "2", "--hold-out", "2",
                "--eval-every", "2", "--starts", "1",
            ] + extra)
    }
}

@Suite(.slow) struct MetaTrainCommandTests {
    private let fixture = MetaFixture()

    @Test func whatIsThereIsNotOverwritten() throws {
        #expect(try fixture.collect("--runs", "2", "--quiet").status == 0)
        let trajectory = TemporaryFolder.bytes(of: fixture.collection + "/tiny-0000.safetensors")
        let over = try fixture.train("collection/tiny-0000.safetensors")
        #expect(over.status == 2 && over.errors.contains("is an input too"), "\(over.errors)")
        #expect(TemporaryFolder.bytes(of: fixture.collection + "/tiny-0000.safetensors") == trajectory)
        fixture.folder.write("weights of a month", to: "mine.safetensors")
        let other = try fixture.train("mine.safetensors")
        #expect(other.status == 2 && other.errors.contains("which is not overwritten"), "\(other.errors)")
        #expect(try fixture.collect("--runs", "\(Int.max)").errors.hasPrefix("nino: --runs: expected at most 1000000 "))
        let new = try fixture.train("new.safetensors")
        #expect(new.status == 0 && new.output.hasPrefix("\(fixture.folder + "new.safetensors"): 4 steps"))
        let again = try fixture.train("new.safetensors", "--steps", "40")
        #expect(again.errors.hasSuffix("holds a finished run of 4 steps; give another --out\n"), "\(again.errors)")
    }

    @Test func aNetworkIsCollectedForTrainedAndMeasured() throws {
        let collected = try fixture.collect("--runs", "2", "--json")
        #expect(collected.status == 0, "\(collected.errors)")
        #expect(collected.output.split(separator: "\n").count == 2)
        // A manifest is a plan: the same collection again, byte for byte.
        let again = try Command(
            "collect", "--out", fixture.folder + "again", "--plan", fixture.collection, "--text", fixture.text,
            "--runs", "2", "--jobs", "1", "--quiet")
        #expect(again.status == 0, "\(again.errors)")
        for file in ["manifest.json", "tiny-0000.safetensors", "tiny-0001.safetensors"] {
            #expect(
                TemporaryFolder.bytes(of: "\(fixture.collection)/\(file)")
                    == TemporaryFolder.bytes(of: fixture.folder + "again/\(file)"))
        }

        let trained = try fixture.train("ck.safetensors", "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(trained.output.split(separator: "\n").count == 2)
        #expect(trained.lastObject?["step"] as? Int == 4)
        #expect(trained.lastObject?["relative_error"] is Double)
        // A page with three curves: loss, relative error and cosine of the one family.
        let page = try String(contentsOfFile: fixture.folder + "ck.html", encoding: .utf8)
        #expect(
            page.components(separatedBy: "<path class=\"mean").count == 4 && page.contains("tiny")
                && page.hasSuffix("</html>\n"))
        let other = try fixture.train("other.safetensors", "--threads", "1", "--quiet")
        #expect(other.status == 0)
        #expect(
            TemporaryFolder.bytes(of: fixture.folder + "ck.safetensors")
                == TemporaryFolder.bytes(of: fixture.folder + "other.safetensors"))

        let ck = fixture.folder + "ck.safetensors"
        let measured = try Command(
            "meta-train", "--data", fixture.collection, "--hold-out", "2", "--evaluate", "\(ck),\(ck)", "--json")
        #expect(measured.status == 0, "\(measured.errors)")
        #expect(measured.output.split(separator: "\n").count == 2)
        #expect((measured.lastObject?["rows"] as? [[String: Any]])?.isEmpty == false)
        let used = try Command(
            "train", "--task", "text", "--text", fixture.text, "--config",
            fixture.folder.write(
                #"{"model_type": "gpt2", "vocab_size": 256, "n_positions": 8, "n_embd": 4, "n_layer": 1, "n_head": 2}"#,
                to: "c.json"),
            "--nowcaster", ck, "--steps", "10", "--period", "5", "--quiet", "--json")
        #expect(used.status == 0, "\(used.errors)")
        #expect(used.lastObject?["nowcasts"] as? Int == 6)
    }

    @Test func aKilledTrainingGoesOnToTheSameBits() throws {
        #expect(try fixture.collect("--runs", "2", "--quiet").status == 0)
        #expect(try fixture.train("whole.safetensors", "--steps", "40", "--quiet").status == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
        process.arguments = [
            "meta-train", "--data", fixture.collection, "--out", fixture.folder + "parts.safetensors", "--hidden", "8",
            "--steps", "40", "--trajectories", "2",
            "--slices", "2", "--hold-out", "2", "--eval-every", "2", "--starts", "1", "--quiet",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: fixture.folder + "parts.training.safetensors")
        { usleep(1000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let resumed = try fixture.train("parts.safetensors", "--steps", "40", "--resume", "--quiet")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(
            TemporaryFolder.bytes(of: fixture.folder + "parts.safetensors")
                == TemporaryFolder.bytes(of: fixture.folder + "whole.safetensors"))
    }

    @Test func aNetworkIsTrainedFurther() throws {
        #expect(try fixture.collect("--runs", "2", "--quiet").status == 0)
        #expect(try fixture.train("first.safetensors", "--quiet").status == 0)
        let first = fixture.folder + "first.safetensors"
        // A learning rate too small to matter: what comes out is what went in. With another start, or none, it is not.
        func further(_ out: String, _ extra: String...) throws -> Command {
            try Command(
                arguments: [
                    "meta-train", "--data", fixture.collection, "--out", fixture.folder + out, "--steps", "2",
                    "--trajectories", "1", "--slices", "1", "--hold-out", "2",
                    "--lr", "1e-12", "--starts", "1", "--quiet",
                ] + extra)
        }
        func head(_ name: String) throws -> [Float] {
            try Checkpoint(opening: fixture.folder + name).floats("edge_out.fc.0.weight")
        }
        #expect(try further("same.safetensors", "--from", first).status == 0)
        #expect(try zip(head("same.safetensors"), head("first.safetensors")).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(try further("new.safetensors", "--hidden", "8").status == 0)
        #expect(try zip(head("new.safetensors"), head("first.safetensors")).contains { abs($0 - $1) > 1e-3 })

        let wider = try further("wider.safetensors", "--from", first, "--hidden", "16")
        #expect(wider.status == 2 && wider.errors.contains("--hidden: expected 8, as \(first), found 16"))
        let other = try further("other.safetensors", "--from", first, "--method", "wnn")
        #expect(other.status == 2 && other.errors.contains("--method: expected nino"))
        let words = try withWordPositions(first)
        let worded = try further("worded.safetensors", "--from", words)
        #expect(
            worded.status == 2
                && worded.errors.contains(
                    "--from: \(words): expected a network without word positions, found one with them")
        )
        let resumed = try further("same.safetensors", "--from", "nino", "--resume")
        #expect(resumed.status == 2 && resumed.errors.contains("--hidden is 8 there and 64 here"), "\(resumed.errors)")
        #expect(!resumed.errors.contains("{") && !resumed.errors.contains("--slices"))
    }

    /// The same network with a table for two words.
    private func withWordPositions(_ path: String) throws -> String {
        let network = try Checkpoint(opening: path)
        let arguments = try #require(network.metadata["model_args"]).replacingOccurrences(
            of: #""wte_pos_enc": false"#, with: #""wte_pos_enc": true"#)
        let table = TensorInfo(name: "wte_pos_enc_layer.weight", dtype: .f32, shape: [2, 8])
        let out = fixture.folder + "words.safetensors"
        let writer = try SafetensorsWriter(
            out, tensors: network.tensors.map { TensorInfo(name: $0.name, dtype: .f32, shape: $0.shape) } + [table],
            metadata: ["model_args": arguments])
        for tensor in writer.tensors {
            try writer.write(
                tensor.name == table.name ? [Float](repeating: 0, count: 16) : network.floats(tensor.name),
                to: tensor.name)
        }
        try writer.commit()
        return out
    }

    @Test func badRequestsAreOneLine() throws {
        #expect(try fixture.collect("--runs", "1", "--quiet").status == 0)
        func refusal(_ command: Command) -> String {
            #expect(command.status == 2)
            #expect(command.errorLines.count == 1, "\(command.errors)")
            return command.errors
        }
        #expect(
            refusal(try fixture.collect("--tasks", "huge", "--quiet")).contains("--tasks: expected tiny, found huge"))
        #expect(refusal(try fixture.collect("--seed", "7", "--quiet")).contains("belongs to another run: seed"))
        #expect(
            refusal(try fixture.train("ck.pt", "--quiet")).contains("--out: expected a name that ends in .safetensors"))
        #expect(refusal(try fixture.train("ck.safetensors", "--quiet", "--tasks", "huge")).contains("--tasks"))
        #expect(refusal(try Command("meta-train", "--data", "/nowhere", "--out", "x.safetensors")).contains("/nowhere"))
        #expect(
            refusal(
                try Command("collect", "--out", fixture.folder + "x", "--plan", fixture.text, "--text", fixture.text)
            ).contains("bad JSON"))
        #expect(try Command("meta-train", "--data", fixture.collection).status == 2)
        let alone = try Command("meta-train", "--data", fixture.collection, "--evaluate", "nino", "--export", "x")
        #expect(refusal(alone).contains("--export needs --measure"))
        let resumed = try Command("meta-train", "--data", fixture.collection, "--evaluate", "nino", "--resume")
        #expect(refusal(resumed).contains("--resume needs --out"))
        // All networks are opened before the first is measured.
        let second = try Command(
            "meta-train", "--data", fixture.collection, "--hold-out", "2", "--evaluate", "nino,/nowhere")
        #expect(refusal(second).contains("/nowhere") && second.output.isEmpty)
    }
}
