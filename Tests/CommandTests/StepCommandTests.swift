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
        // A mean is the same at any horizon.
        let mean = ["step", "--history"] + fixture.history + ["--method", "average", "--out", fixture.out]
        #expect(try Command(arguments: mean).status == 0)
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

    @Test func severalHorizonsOfOneStepAreThoseOfStepsOfTheirOwn() throws {
        let fixture = try StepFixture()
        func step(_ k: String, _ method: String) throws -> Command {
            try Command(
                arguments: ["step", "--config", fixture.config, "--history"] + fixture.history + [
                    "--k", k, "--method", method, "--out", fixture.out, "--json",
                ])
        }
        for method in ["nino", "linefit"] {
            let together = try step("4,1,40", method)
            #expect(together.status == 0 && together.output.split(separator: "\n").count == 3)
            #expect(together.lastObject?["out"] as? String == fixture.folder + "out-k40.safetensors")
            #expect(together.lastObject?["horizon"] as? Int == 40)
            #expect(!FileManager.default.fileExists(atPath: fixture.out))
            let found = [4, 1, 40].map { TemporaryFolder.bytes(of: fixture.folder + "out-k\($0).safetensors") }
            #expect(Set(found).count == 3)
            for (k, bytes) in zip([4, 1, 40], found) {
                #expect(try step("\(k)", method).status == 0)
                #expect(TemporaryFolder.bytes(of: fixture.out) == bytes)
            }
            try FileManager.default.removeItem(atPath: fixture.out)
        }
        for k in ["1,1", "1,x", "1,", "0,1"] {
            let refused = try step(k, "linefit")
            #expect(refused.status == 2 && refused.errors.contains("--k"), "\(k)")
        }
        // One horizon too far: nothing is written.
        let far = try step("2,41", "nino")
        #expect(far.status == 2 && far.errors.contains("41"))
        #expect(!FileManager.default.fileExists(atPath: fixture.folder + "out-k2.safetensors"))
    }

    @Test func statesNeedNoOptionButStandInOnePlace() throws {
        let fixture = try StepFixture()
        let rest = ["--config", fixture.config, "--k", "3", "--method", "linefit", "--out", fixture.out]
        #expect(try fixture.step("--method", "linefit").status == 0)
        let named = TemporaryFolder.bytes(of: fixture.out)
        try FileManager.default.removeItem(atPath: fixture.out)
        #expect(try Command(arguments: ["step"] + fixture.history + rest).status == 0)
        #expect(TemporaryFolder.bytes(of: fixture.out) == named)
        let first = [fixture.history[0], "--history"]
        let both = try Command(arguments: ["step"] + first + fixture.history.dropFirst() + rest)
        #expect(both.status == 2 && both.errors.contains("state0.safetensors"), "\(both.errors)")
        #expect(TemporaryFolder.bytes(of: fixture.out) == named)
    }

    @Test func rankOneTakesAnyStatesAndNoConfig() throws {
        let fixture = try StepFixture()
        func step(_ extra: String...) throws -> Command {
            try Command(
                arguments: ["step", "--method", "rank1", "--history"] + fixture.history.prefix(4) + [
                    "--out", fixture.out, "--json",
                ] + extra)
        }
        let command = try step("--steps", "0,50,100,150", "--to", "200,300")
        #expect(command.status == 0 && command.lastObject?["to"] as? Int == 300)
        let (near, far) = (
            try Checkpoint(opening: fixture.folder + "out-to200.safetensors").floats("fc.0.weight"),
            try Checkpoint(opening: fixture.folder + "out-to300.safetensors").floats("fc.0.weight")
        )
        // All scalars move by t/2 + t²/4, so the line goes through 0.75, 2 and 3.75 and is at 5.1667 and 8.1667.
        for index in 0..<20 {
            let start = StepFixture.value("fc.0.weight", index, 0)
            #expect(abs(near[index] - start - 5.1667) < 1e-3 && abs(far[index] - start - 8.1667) < 1e-3)
        }
        // A state further, whatever lies between two of them; step 4 by the names state0 … state3.
        for same in [["--k", "1"], ["--k", "1", "--steps", "0,50,100,150"], ["--to", "4"]] {
            let command = try Command(
                arguments: ["step", "--method", "rank1"] + fixture.history.prefix(4) + ["--out", fixture.out] + same)
            #expect(command.output.contains(same[0] == "--k" ? "rank1, 1 state ahead" : "rank1, to step 4"))
            let states = try Checkpoint(opening: fixture.out).floats("fc.0.weight")
            #expect(zip(states, near).allSatisfy { abs($0 - $1) < 1e-4 }, "\(same)")
        }
        for (extra, message) in [
            (["--k", "1", "--to", "9"], "either --k or --to"), (["--to", "3"], "more than 3"),
            (["--k", "1", "--steps", "0,1"], "expected 4"), (["--k", "1", "--steps", "0,2,1,3"], "rising"),
            (["--step", "5"], "--k or --to"), (["--k", "1", "--subgraph"], "takes no --subgraph"),
            (["--k", "1", "--upd-scale", "2"], "takes no --upd-scale"),
        ] {
            let refused = try Command(
                arguments: ["step", "--method", "rank1", "--history"] + fixture.history.prefix(4) + [
                    "--out", fixture.out,
                ] + extra)
            #expect(refused.status == 2 && refused.errors.contains(message), "\(refused.errors)")
        }
        let other = try fixture.step("--method", "linefit", "--to", "9")
        #expect(other.status == 2 && other.errors.contains("--to needs --method rank1"))
    }

    /// Five states hold pairs with two states before them that are one or two apart, and no further.
    @Test func aFittedStepGoesAsFarAsItCanLearn() throws {
        let fixture = try StepFixture()
        func step(_ horizon: [String]) throws -> Command {
            try Command(
                arguments: ["step", "--method", "fitted", "--history"] + fixture.history + ["--out", fixture.out]
                    + horizon)
        }
        #expect(try step(["--k", "2"]).status == 0)
        for (horizon, found) in [(["--k", "3"], "3 states ahead"), (["--to", "7"], "to step 7")] {
            let refused = try step(horizon)
            #expect(refused.status == 2 && refused.errors.contains("found \(found)"), "\(refused.errors)")
        }
        let few = try Command(
            arguments: ["step", "--method", "fitted", "--k", "1", "--out", fixture.out] + fixture.history.prefix(4))
        #expect(few.status == 2 && few.errors.contains("expected at least 5 states, found 4"), "\(few.errors)")
    }

    @Test func aStepThatNothingTellsIsRefused() throws {
        let fixture = try StepFixture()
        let names = ["base", "early", "late"].map { fixture.folder + "\($0).safetensors" }
        for (name, state) in zip(names, fixture.history) {
            try FileManager.default.copyItem(atPath: state, toPath: name)
        }
        func step(_ extra: String...) throws -> Command {
            try Command(
                arguments: ["step", "--method", "rank1", "--history"] + names + ["--out", fixture.out] + extra)
        }
        let refused = try step("--to", "3")
        #expect(refused.status == 2 && refused.errors.contains("give --steps"), "\(refused.errors)")
        #expect(try step("--to", "3", "--steps", "0,1,2").status == 0)
        #expect(try step("--k", "1").status == 0)
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
