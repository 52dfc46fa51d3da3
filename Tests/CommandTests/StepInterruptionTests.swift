import Checkpoints
import Foundation
import Nowcasting
import TestSupport
import Testing

/// Steps of NiNo that are killed, and the release's options.
@Suite(.slow) struct StepInterruptionTests {
    /// A small transformer with five random states and an untrained NiNo.
    private struct Fixture {
        let folder = TemporaryFolder()
        let config: String
        var history: [String] { (0..<5).map { folder + "state\($0).safetensors" } }

        init() throws {
            config = folder.write(
                #"{"model_type": "gpt2", "vocab_size": 300, "n_positions": 8, "n_embd": 32, "n_layer": 2, "#
                    + #""n_head": 2, "tie_word_embeddings": true}"#,
                to: "config.json")
            let command = try Command(
                "bench", "--config", config, "--keep", String(folder.path.dropLast()), "--tries", "1", "--threads", "1")
            #expect(command.status == 0, "\(command.errors)")
            for t in 0..<5 { rename(folder + "state_\(t).safetensors", folder + "state\(t).safetensors") }
        }

        func arguments(_ out: String, _ extra: [String]) -> [String] {
            ["step", "--config", config, "--history"] + history + [
                "--checkpoint", folder + "nino.safetensors", "--k", "4", "--out", folder + out,
            ] + extra
        }

        func step(_ out: String, _ extra: String...) throws -> Command { try Command(arguments: arguments(out, extra)) }
    }

    @Test func aStepKilledAtAnyMomentGoesOnToTheSameBytes() throws {
        let fixture = try Fixture()
        #expect(try fixture.step("whole.safetensors").status == 0)
        let whole = TemporaryFolder.bytes(of: fixture.folder + "whole.safetensors")
        var random = SeededGenerator(seed: 1)
        for round in 0..<3 {
            let out = "killed\(round).safetensors"
            for _ in 0..<4 {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
                process.arguments = fixture.arguments(out, ["--resume", "--journal-every", "0", "--quiet"])
                process.standardError = FileHandle.nullDevice
                process.standardOutput = FileHandle.nullDevice
                try process.run()
                usleep(UInt32.random(in: 10_000..<250_000, using: &random))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                // Killed before its end there is no result; else it is the right one.
                let found = TemporaryFolder.bytes(of: fixture.folder + out)
                #expect(found.isEmpty || found == whole)
            }
            #expect(try fixture.step(out, "--resume").status == 0)
            #expect(TemporaryFolder.bytes(of: fixture.folder + out) == whole)
        }
        #expect(fixture.folder.contents.filter { $0.hasPrefix(".") } == [])
    }

    @Test func threadsDoNotShowAndOptionsDo() throws {
        let fixture = try Fixture()
        func bytes(_ extra: String...) throws -> [UInt8] {
            let command = try Command(arguments: fixture.arguments("out.safetensors", extra))
            #expect(command.status == 0, "\(command.errors)")
            return TemporaryFolder.bytes(of: fixture.folder + "out.safetensors")
        }
        let whole = try bytes("--threads", "1")
        #expect(try bytes("--threads", "3") == whole)
        let sampled = try bytes("--edge-sample-ratio", "0.1")
        let layers = try bytes("--subgraph")
        #expect(sampled != whole && layers != whole && sampled != layers)
        #expect(try bytes("--edge-sample-ratio", "0.1", "--threads", "2") == sampled)
        #expect(try bytes("--edge-sample-ratio", "0.1", "--seed", "7") != sampled)
        if ProductPrecision.bfloat16.isSupported { #expect(try bytes("--precision", "bf16") != whole) }
    }

    @Test func badOptionsAreRefused() throws {
        let fixture = try StepFixture()
        for (flags, message) in [
            (["--edge-sample-ratio", "0"], "more than 0"), (["--edge-sample-ratio", "1.5"], "at most 1"),
            (["--subgraph"], "expected repeated layers"),
            (["--precision", "f8"], "f8"),
        ] {
            let command = try Command(
                arguments: ["step", "--config", fixture.config, "--history"] + fixture.history + [
                    "--k", "3", "--out", fixture.out,
                ] + flags)
            #expect(command.status == 2)
            #expect(command.errors.contains(message), "\(command.errors)")
            #expect(!fixture.folder.contents.contains { $0.hasPrefix(".") })
        }
    }
}
