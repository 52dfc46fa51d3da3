import Foundation
import FuzzSupport
import TestSupport
import Testing

/// A step that was interrupted and whose journal, node terms or unfinished output were damaged since: it goes on to the
/// same bytes, or begins anew.
@Suite(.slow) struct DamagedJournalTests {
    @Test func aDamagedJournalNeverLeadsToOtherBytes() throws {
        let fixture = try InterruptedStep()
        let whole = try fixture.finish(resuming: false)
        #expect(!whole.isEmpty)
        let left = try fixture.interrupt()
        #expect(left.count >= 2, "\(left.keys)")
        // The twin: what is not damaged is taken up.
        #expect(try fixture.finish(resuming: true) == whole)
        var same = 0
        for number in 0..<24 {
            var mutator = Mutator(seed: UInt64(number))
            let names = left.keys.sorted()
            let name = names[number % names.count]
            for (other, bytes) in left { fixture.folder.write(bytes, to: other) }
            fixture.folder.write(mutator.mutate(left[name]!, other: left[names[0]]!), to: name)
            if try fixture.finish(resuming: true) == whole { same += 1 }
        }
        #expect(same == 24)
    }
}

/// A step of a small transformer that is stopped on its way.
struct InterruptedStep {
    let folder = TemporaryFolder()
    private let config: String

    init() throws {
        config = folder.write(
            #"{"model_type": "gpt2", "vocab_size": 300, "n_positions": 8, "n_embd": 32, "n_layer": 2, "#
                + #""n_head": 2, "tie_word_embeddings": true}"#,
            to: "config.json")
        let command = try Command(
            "bench", "--config", config, "--keep", String(folder.path.dropLast()), "--tries", "1", "--threads", "1")
        #expect(command.status == 0, "\(command.errors)")
    }

    private var arguments: [String] {
        ["step", "--config", config, "--history"] + (0..<5).map { folder + "state_\($0).safetensors" } + [
            "--checkpoint", folder + "nino.safetensors", "--k", "4", "--out", folder + "o.safetensors", "--quiet",
            "--journal-every", "0",
        ]
    }

    /// Runs to the end; the bytes written, and nothing hidden left.
    func finish(resuming: Bool) throws -> [UInt8] {
        unlink(folder + "o.safetensors")
        let command = try Command(arguments: arguments + (resuming ? ["--resume"] : []))
        #expect(command.status == 0, "\(command.errors)")
        #expect(folder.contents.filter { $0.hasPrefix(".") } == [])
        return TemporaryFolder.bytes(of: folder + "o.safetensors")
    }

    /// Kills the step once it has a journal; the hidden files it leaves.
    func interrupt() throws -> [String: [UInt8]] {
        for pause in stride(from: 20_000, to: 2_000_000, by: 20_000) {
            unlink(folder + "o.safetensors")
            for name in folder.contents where name.hasPrefix(".") { unlink(folder + name) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32(pause))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let hidden = folder.contents.filter { $0.hasPrefix(".") }
            guard hidden.contains(where: { $0.hasSuffix(".journal") }) else { continue }
            return Dictionary(uniqueKeysWithValues: hidden.map { ($0, TemporaryFolder.bytes(of: folder + $0)) })
        }
        return [:]
    }
}
