import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct StepCommandTests {
    @Test func lineFitContinuesTheLeastSquaresLine() throws {
        let fixture = try StepFixture()
        let command = try fixture.step("--method", "linefit", "--json")
        #expect(command.status == 0)
        #expect(command.lastObject?["method"] as? String == "linefit")
        #expect(command.lastObject?["horizon"] as? Int == 3)
        let result = try Checkpoint(opening: fixture.out)
        #expect(result.metadata == ["format": "pt"])
        // The parabola c + t/2 + t²/4 at t = 0 … 4: mean c + 2.5, slope 1.5, so the line at t = 7 is c + 2.5 + 5 · 1.5.
        for (name, shape) in StepFixture.shapes {
            let expected = (0..<shape.reduce(1, *)).map { StepFixture.value(name, $0, 0) + 10 }
            #expect(try result.floats(name) == expected)
        }
        #expect(try fixture.step("--method", "average").status == 0)
        #expect(
            try Checkpoint(opening: fixture.out).floats("fc.0.weight")
                == (0..<20).map { StepFixture.value("fc.0.weight", $0, 0) + 2.5 })
        let both = try fixture.step("--method", "average", "--checkpoint", "nino")
        #expect(both.status == 2 && both.errors.contains("--method average takes no --checkpoint"))
    }

    @Test func withoutACheckpointTheOneThatShipsIsUsed() throws {
        let fixture = try StepFixture()
        let command = try fixture.step("--json")
        #expect(command.status == 0 && command.lastObject?["method"] as? String == "nino")
        let result = try Checkpoint(opening: fixture.out).floats("fc.0.weight")
        #expect(result.allSatisfy(\.isFinite) && result != (0..<20).map { StepFixture.value("fc.0.weight", $0, 4) })
        #expect(try fixture.step("--checkpoint", "nino").status == 0)
        #expect(try Checkpoint(opening: fixture.out).floats("fc.0.weight") == result)
        // Another checkpoint gives other weights.
        let other = fixture.folder + "other.safetensors"
        try RandomCheckpoint.write(to: other)
        #expect(try fixture.step("--checkpoint", other).status == 0)
        #expect(try Checkpoint(opening: fixture.out).floats("fc.0.weight") != result)
    }

    @Test func scheduleGivesTheHorizon() throws {
        let fixture = try StepFixture()
        func step(_ extra: String...) throws -> Command {
            try Command(
                arguments: ["step", "--config", fixture.config, "--history"] + fixture.history
                    + [
                        "--period", "1000", "--max-steps", "10000", "--out", fixture.out, "--json", "--method",
                        "linefit",
                    ] + extra)
        }
        #expect(try step("--step", "1999").lastObject?["horizon"] as? Int == 33)
        #expect(try step("--step", "1999", "--horizon", "20").lastObject?["horizon"] as? Int == 17)
        let both = try step("--k", "3", "--horizon", "20")
        #expect(both.status == 2 && both.errors.contains("--horizon needs --step"))
    }

    @Test func aGraphFileDoesWithoutAPlugin() throws {
        let fixture = try StepFixture()
        let graph = fixture.folder + "graph.safetensors"
        #expect(try Command("graph", "--config", fixture.config, "--out", graph).status == 0)
        let byGraph = try Command(
            arguments: ["step", "--graph", graph, "--history"] + fixture.history + [
                "--k", "3", "--out", fixture.out, "--method", "linefit",
            ],
            environment: ["PATH": ""])
        #expect(byGraph.status == 0)
        #expect(
            try Checkpoint(opening: fixture.out).floats("fc.2.bias")
                == (0..<3).map { StepFixture.value("fc.2.bias", $0, 0) + 10 })
    }

    @Test func fourStatesAreRefused() throws {
        let fixture = try StepFixture()
        let command = try fixture.step(history: Array(fixture.history.dropLast()))
        #expect(command.status == 2)
        #expect(command.errorLines.last == "nino: history: expected 5 states, found 4")
        #expect(!FileManager.default.fileExists(atPath: fixture.out))
    }

    /// One damage to one state, and what the error must name.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let state: Int
        let words: [String]
        let change: @Sendable (inout [String: (shape: [Int], values: [Float])]) -> Void
    }

    private static let damages = [
        Damage(testDescription: "NaN", state: 2, words: ["state2.safetensors", "fc.2.weight", "7", "nan"]) {
            $0["fc.2.weight"]!.values[7] = .nan
        },
        Damage(testDescription: "infinity", state: 4, words: ["state4.safetensors", "fc.0.bias", "0", "inf"]) {
            $0["fc.0.bias"]!.values[0] = .infinity
        },
        Damage(
            testDescription: "shapes differ between states", state: 3,
            words: ["state3.safetensors", "fc.0.weight", "[5, 4]", "[4, 5]"]
        ) { $0["fc.0.weight"]!.shape = [4, 5] },
        Damage(testDescription: "missing tensor", state: 1, words: ["state1.safetensors", "fc.2.bias"]) {
            $0["fc.2.bias"] = nil
        },
        Damage(testDescription: "surplus tensor", state: 4, words: ["state4.safetensors", "fc.9.weight"]) {
            $0["fc.9.weight"] = ([1], [0])
        },
    ]

    @Test(arguments: damages)
    func damagedStateIsRefusedByName(damage: Damage) throws {
        let fixture = try StepFixture()
        try fixture.writeState(damage.state, change: damage.change)
        let command = try fixture.step("--method", "linefit")
        #expect(command.status == 2)
        #expect(command.errorLines.count == 1)
        for word in damage.words { #expect(command.errors.contains(word), "\(command.errors)") }
        #expect(!FileManager.default.fileExists(atPath: fixture.out))
    }

    @Test func statesThatDoNotFitTheConfigAreRefused() throws {
        let fixture = try StepFixture()
        let other = fixture.folder.write(
            #"{"model_type": "mlp", "hidden": [6], "in_channels": 1, "image_size": 2, "num_classes": 3}"#,
            to: "other.json")
        let command = try fixture.step("--method", "linefit", config: other)
        #expect(command.status == 2)
        #expect(command.errorLines.count == 1)
        for word in ["state0.safetensors", "fc.0.weight", "[6, 4]", "[5, 4]"] {
            #expect(command.errors.contains(word), "\(command.errors)")
        }
    }

    @Test func aFullDiskLeavesTheOldFileWhole() throws {
        let fixture = try StepFixture()
        fixture.folder.write("what was there before", to: "out.safetensors")
        let full = try fixture.step("--method", "linefit", fileSizeLimit: 0)
        #expect(full.status == 2)
        #expect(TemporaryFolder.bytes(of: fixture.out) == Array("what was there before".utf8))
        #expect(!fixture.folder.contents.contains { $0.hasSuffix(".tmp") })
        // With room, the same command replaces it.
        #expect(try fixture.step("--method", "linefit", fileSizeLimit: 64).status == 0)
        #expect(try Checkpoint(opening: fixture.out).tensors.count == 4)
    }

    @Test(arguments: [
        (["--method", "wnn"], "needs --checkpoint"), (["--lpe", "/nonexistent"], "/nonexistent"),
        (["--checkpoint", "/nonexistent.pt"], "/nonexistent.pt"),
        (["--step", "5"], "either --k or --step"), (["--graph", "x"], "either --config or --graph"),
    ])
    func contradictingFlagsAreRefused(flags: [String], message: String) throws {
        let fixture = try StepFixture()
        let command = try Command(
            arguments: ["step", "--config", fixture.config, "--history"] + fixture.history + [
                "--k", "3", "--out", fixture.out,
            ] + flags)
        #expect(command.status == 2)
        #expect(command.errors.contains(message), "\(command.errors)")
    }

    @Test func aCheckpointThatIsNoNowcasterIsRefused() throws {
        let fixture = try StepFixture()
        let command = try fixture.step("--checkpoint", fixture.history[0])
        #expect(command.status == 2)
        #expect(command.errorLines.count == 1)
        #expect(command.errors.contains("layer_embed.weight"), "\(command.errors)")
    }
}
