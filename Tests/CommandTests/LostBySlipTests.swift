import Checkpoints
import Foundation
import TestSupport
import Testing

/// What is worth keeping is not lost by a slip on the command line.
@Suite struct LostBySlipTests {
    private let fixture: StepFixture

    init() throws {
        fixture = try StepFixture()
    }

    private var folder: TemporaryFolder { fixture.folder }

    /// A command that must end with status 2 and one line.
    private func refused(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let command = try Command(arguments: arguments)
        #expect(command.status == 2, "\(command.errors)", sourceLocation: sourceLocation)
        #expect(command.errorLines.count == 1, "\(command.errors)", sourceLocation: sourceLocation)
        return command.errors
    }

    private func step(out: String, history: [String]? = nil) -> [String] {
        ["step", "--config", fixture.config, "--history"] + (history ?? fixture.history) + [
            "--k", "3", "--method", "linefit", "--out", out,
        ]
    }

    @Test func anOutputThatIsAnInputIsRefusedWhateverItsName() throws {
        let state = fixture.history[4]
        let before = TemporaryFolder.bytes(of: state)
        symlink(state, folder + "link.safetensors")
        link(state, folder + "hard.safetensors")
        for out in [state, folder + "./state4.safetensors", folder + "link.safetensors", folder + "hard.safetensors"] {
            #expect(try refused(step(out: out)).contains("is an input too"))
            #expect(try refused(["convert", state, out]).contains("is an input too"))
        }
        #expect(
            try refused(["graph", "--config", fixture.config, "--out", fixture.config]).contains("is an input too"))
        #expect(TemporaryFolder.bytes(of: state) == before)
        // The twin: another name is fine.
        #expect(try Command(arguments: step(out: fixture.out)).status == 0)
    }

    @Test func safetensorsAreNotWrittenUnderAnotherFormatsName() throws {
        for name in ["o.pt", "o.bin", "o.npz"] {
            #expect(try refused(step(out: folder + name)).contains("expected a name that ends in .safetensors"))
            #expect(!folder.contents.contains(name))
        }
    }

    @Test func weightsDoNotTakeThePlaceOfWhatIsWorthMore() throws {
        func holding(_ format: String) -> [UInt8] {
            safetensors(
                #"{"__metadata__":{"format":"\#(format)"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                [0, 0, 0, 0])
        }
        mkdir(folder + "run", 0o777)
        folder.write("{}", to: "run/result.json")
        let files: [(name: String, bytes: [UInt8], what: String)] = [
            ("text", Array("a text".utf8), "something else"), ("plan.json", Array("{}".utf8), "something else"),
            ("checkpoint.safetensors", holding("nino.training/2"), "what a run goes on from"),
            ("t.safetensors", holding("nino.trajectory/1"), "a trajectory"),
            ("run/model.safetensors", holding("pt"), "the model of a finished run"),
        ]
        for (name, bytes, what) in files {
            let path = folder.write(bytes, to: name)
            let state = fixture.history[0]
            for command in [
                step(out: path), ["convert", state, path], ["graph", "--config", fixture.config, "--out", path],
                ["merge", "--base", state, "--models"] + fixture.history[1...2] + [
                    "--method", "mean", "--out", path,
                ],
            ] {
                #expect(try refused(command).contains("\(path) holds \(what) already"))
            }
            #expect(TemporaryFolder.bytes(of: path) == bytes)
        }
        // The twins: other weights are replaced, whatever their name; and a model beside no result is one of them.
        unlink(folder + "run/result.json")
        for name in ["run/model.safetensors", "weights"] {
            let path = folder.write(holding("pt"), to: name)
            #expect(try Command(arguments: step(out: path)).status == 0)
            #expect(TemporaryFolder.bytes(of: path) != holding("pt"))
        }
    }

    @Test func statesOutOfOrderAreRefusedWithTheRightOrder() throws {
        let shuffled = [4, 0, 1, 2, 3].map { fixture.history[$0] }
        let message = try refused(step(out: fixture.out, history: shuffled))
        #expect(message.contains("the right order is \(fixture.history.joined(separator: " "))"))
        // The user knows better.
        let own = try Command(arguments: step(out: fixture.out, history: shuffled) + ["--steps", "1,2,3,4,5"])
        #expect(own.status == 0, "\(own.errors)")
        let same = try Command(
            arguments: step(out: fixture.out, history: Array(repeating: fixture.history[0], count: 5)))
        #expect(same.status == 0 && same.errors.contains("holds the same numbers"))
    }

    @Test func theFolderOfARunIsSortedByNumber() throws {
        let run = folder + "run"
        mkdir(run, 0o777)
        for (t, step) in [200, 400, 600, 800, 1000].enumerated() {
            let checkpoint = "\(run)/checkpoint-\(step)"
            mkdir(checkpoint, 0o777)
            try FileManager.default.copyItem(atPath: fixture.history[t], toPath: "\(checkpoint)/model.safetensors")
            try #"{"model_type": "mlp"}"#.write(toFile: "\(checkpoint)/config.json", atomically: true, encoding: .utf8)
        }
        let arguments = ["step", run, "--config", fixture.config, "--k", "3", "--method", "linefit", "--out"]
        let command = try Command(arguments: arguments + [folder + "next"])
        #expect(command.status == 0, "\(command.errors)")
        #expect(try Command(arguments: step(out: fixture.out)).status == 0)
        let (next, plain) = (try Checkpoint(opening: folder + "next"), try Checkpoint(opening: fixture.out))
        for (name, _) in StepFixture.shapes { #expect(try next.floats(name) == plain.floats(name)) }
        #expect(FileManager.default.fileExists(atPath: folder + "next/config.json"))
        // A run of nino's own keeps its states in a folder of that name.
        mkdir(folder + "own", 0o777)
        try FileManager.default.moveItem(atPath: run, toPath: folder + "own/states")
        let own = try Command(arguments: ["step", folder + "own"] + arguments.dropFirst(2) + [folder + "again"])
        #expect(own.status == 0, "\(own.errors)")
        #expect(try refused(["step", folder + "nowhere"] + arguments.dropFirst(2) + ["o"]).contains("found none"))
    }

    @Test func lineFitNeedsNoConfig() throws {
        #expect(try Command(arguments: step(out: fixture.out)).status == 0)
        let bare = try Command(
            arguments: ["step", "--history"] + fixture.history + [
                "--k", "3", "--method", "linefit", "--out", folder + "bare.safetensors",
            ])
        #expect(bare.status == 0, "\(bare.errors)")
        #expect(TemporaryFolder.bytes(of: folder + "bare.safetensors") == TemporaryFolder.bytes(of: fixture.out))
        #expect(
            try Command(arguments: ["step", "--history"] + fixture.history + ["--k", "3", "--out", "o"]).status == 2)
    }

    @Test func largeAndNegativeNumbersAreRefusedAtOnce() throws {
        let largest = "\(Int.max)"
        let more = ["--step", "5", "--max-steps", largest]
        let base = ["step", "--config", fixture.config, "--history"] + fixture.history + ["--out", fixture.out]
        for arguments in [base + more, base + ["--k", largest], base + ["--step", "5", "--horizon", largest]] {
            let command = try Command(arguments: arguments)
            #expect(command.status == 2 && command.errors.contains("at most"), "\(command.errors)")
        }
        let negative = try Command(arguments: ["train", "--task", "text", "--steps", "-1"])
        #expect(negative.status == 2 && negative.errors.contains("--steps: expected at least 1, found -1"))
        let device = try Command(arguments: ["train", "--task", "text", "--text", "/dev/zero", "--steps", "1"])
        #expect(device.status == 2 && device.errors.contains("found a device"), "\(device.errors)")
    }
}
