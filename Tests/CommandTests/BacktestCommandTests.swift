import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct BacktestCommandTests {
    /// Eight states that lie on a line but for a little noise, in a run's folder.
    private struct Fixture {
        let folder = TemporaryFolder()
        let config: String

        init(count: Int = 8) throws {
            config = folder.write(
                #"{"model_type": "mlp", "hidden": [5], "in_channels": 1, "image_size": 2, "num_classes": 3}"#,
                to: "config.json")
            for t in 0..<count { try write(t) }
        }

        func path(_ t: Int) -> String { folder + "step_\(100 * t).safetensors" }

        func write(_ t: Int, damage: (inout [Float]) -> Void = { _ in }) throws {
            let infos = StepFixture.shapes.map { TensorInfo(name: $0.name, dtype: .f32, shape: $0.shape) }
            let writer = try SafetensorsWriter(path(t), tensors: infos)
            for tensor in writer.tensors {
                var values = (0..<tensor.count).map { index in
                    Float(index) + 0.1 * Float(t * (index % 3 + 1)) + 0.01 * Float((index * 7 + t * 13) % 5)
                }
                damage(&values)
                try writer.write(values, to: tensor.name)
            }
            try writer.commit()
        }

        func run(_ extra: String...) throws -> Command { try run(extra) }

        func run(_ extra: [String]) throws -> Command {
            try Command(arguments: ["backtest", "--history"] + (0..<8).map(path) + extra)
        }
    }

    @Test func aLineIsToBeFollowed() throws {
        let fixture = try Fixture()
        let command = try fixture.run("--json")
        #expect(command.status == 0, "\(command.errors)")
        let result = try #require(command.lastObject)
        #expect(result["steps"] as? [Int] == (0..<8).map { 100 * $0 } && result["parameters"] as? Int == 43)
        #expect((result["advice"] as? [String: Any])?["do"] as? String == "ahead")
        #expect((result["movement"] as? [String: Double])?["drift"] ?? 0 > 0.9)
        // Five methods; horizons 1 and 2.
        #expect((result["scores"] as? [Any])?.count == 10 && (result["forecasts"] as? [Any])?.count == 5 * 5)
        let text = try fixture.run()
        #expect(text.output.contains("8 states, steps 0 to 700, 43 parameters"))
        #expect(text.output.contains("Look 2 states ahead by "))
        let byRun = try Command("backtest", fixture.folder.path, "--json")
        #expect(byRun.output == command.output)
    }

    @Test func aForecastBeyondFloat32IsNamed() throws {
        let fixture = try Fixture()
        for t in 0..<8 { try fixture.write(t) { $0 = $0.map { _ in t < 2 ? -1.6e38 : 1.6e38 } } }
        let command = try fixture.run("--forecasts", fixture.folder + "forecasts")
        #expect(command.status == 2)
        let line = try #require(command.errorLines.last)
        #expect(line.hasPrefix("nino: \(fixture.folder + "forecasts")/") && line.contains("-400-600.safetensors"))
        #expect(line.contains(": not written: tensor \"fc.") && line.contains("would hold inf at element "))
    }

    /// What a backtest recommends, `nino step` does: with the same states it makes the same forecast, of a run's folder
    /// from all of its states.
    @Test func whatItForecastsAStepMakes() throws {
        let fixture = try Fixture()
        let forecasts = fixture.folder + "forecasts"
        #expect(try fixture.run("--forecasts", forecasts).status == 0)
        let (early, out) = (fixture.folder + "early", fixture.folder + "out.safetensors")
        try FileManager.default.createDirectory(atPath: early, withIntermediateDirectories: true)
        for t in 0..<6 {
            try FileManager.default.copyItem(atPath: fixture.path(t), toPath: "\(early)/step_\(100 * t).safetensors")
        }
        func values(_ path: String) throws -> [Float] {
            let file = try Checkpoint(opening: path)
            return try StepFixture.shapes.flatMap { try file.floats($0.name) }
        }
        for method in ["fitted", "rank1"] {
            let expected = try values("\(forecasts)/\(method)-500-700.safetensors")
            for horizon in [["--k", "2"], ["--to", "700"]] {
                let made = try Command(arguments: ["step", early, "--method", method, "--out", out] + horizon)
                #expect(made.status == 0, "\(made.errors)")
                #expect(try values(out) == expected)
            }
            // The twin: the last five states alone.
            let five = (1..<6).map { fixture.path($0) }
            #expect(try Command(arguments: ["step", "--method", method, "--k", "2", "--out", out] + five).status == 0)
            #expect(try values(out) != expected)
        }
        for (extra, message) in [([], "expected 6 numbers"), (["--watch"], "--watch waits for")] {
            let wrong = try Command(
                arguments: ["step", early, "--method", "rank1", "--k", "2", "--steps", "0,1,2", "--out", out] + extra)
            #expect(wrong.status == 2 && wrong.errors.contains(message), "\(wrong.errors)")
        }
        // Steps tell distances, wherever they begin.
        func fitted(_ first: Int) throws -> [Float] {
            let steps = (0..<6).map { "\(first + $0)" }.joined(separator: ",")
            let made = try Command(
                "step", early, "--method", "fitted", "--k", "2", "--steps", steps, "--out", out)
            #expect(made.status == 0, "\(made.errors)")
            return try values(out)
        }
        #expect(try fitted(0) == fitted(5_000_000))
    }

    @Test func aCheckpointThatIsWaitedForComes() throws {
        let fixture = try Fixture()
        let (run, out) = (fixture.folder + "run", fixture.folder + "out.safetensors")
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        func copy(_ t: Int) throws {
            try FileManager.default.copyItem(atPath: fixture.path(t), toPath: "\(run)/step_\(100 * t).safetensors")
        }
        for t in 0..<5 { try copy(t) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
        process.arguments = ["step", run, "--watch", "--method", "fitted", "--k", "1", "--out", out, "--quiet"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        usleep(1_500_000)
        #expect(process.isRunning && !FileManager.default.fileExists(atPath: out))
        try copy(5)
        process.waitUntilExit()
        let waited = TemporaryFolder.bytes(of: out)
        #expect(process.terminationStatus == 0 && !waited.isEmpty)
        // The same as from all six states, given one by one.
        let arguments = ["step", "--method", "fitted", "--k", "1", "--out", out] + (0..<6).map(fixture.path)
        #expect(try Command(arguments: arguments).status == 0)
        #expect(TemporaryFolder.bytes(of: out) == waited)
    }

    /// `nino train --keep` leaves `RUN/states/step_100.safetensors`, beside a checkpoint without a number.
    @Test func theFolderOfOurOwnRunWillDo() throws {
        let fixture = try Fixture()
        let files = FileManager.default
        let states = fixture.folder + "ours/states"
        try files.createDirectory(atPath: fixture.folder + "ours", withIntermediateDirectories: true)
        try files.copyItem(atPath: fixture.path(0), toPath: fixture.folder + "ours/checkpoint.safetensors")
        #expect(try Command("backtest", fixture.folder + "ours", "--json").status == 2)
        try files.createDirectory(atPath: states, withIntermediateDirectories: true)
        for t in 0..<8 { try files.copyItem(atPath: fixture.path(t), toPath: "\(states)/step_\(100 * t).safetensors") }
        let command = try Command("backtest", fixture.folder + "ours", "--json")
        #expect(command.status == 0, "\(command.errors)")
        #expect(try command.output == fixture.run("--json").output)
    }

    @Test func meansOfARunAreFoundAndThoseOfOthersGiven() throws {
        let fixture = try Fixture()
        let files = FileManager.default
        func copies(_ kind: String, _ steps: [Int]) throws -> [String] {
            let folder = fixture.folder + "ours/\(kind)"
            try? files.removeItem(atPath: folder)
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return try steps.map { t in
                try files.copyItem(atPath: fixture.path(t), toPath: "\(folder)/step_\(100 * t).safetensors")
                return "\(folder)/step_\(100 * t).safetensors"
            }
        }
        _ = try copies("states", Array(0..<8))
        let means = try copies("means", Array(0..<8))
        let found = try Command("backtest", fixture.folder + "ours", "--json")
        #expect(found.status == 0, "\(found.errors)")
        // Six methods more, five and the newest mean itself; here the means are the states.
        let scores = try #require(found.lastObject?["scores"] as? [[String: Any]])
        func errors(_ method: String) -> [Double] {
            scores.filter { $0["method"] as? String == method }.compactMap { $0["relative_error"] as? Double }
        }
        #expect(scores.count == (5 + 6) * 2 && errors("newest-of-means") == [1, 1])
        #expect(zip(errors("linefit"), errors("linefit-of-means")).allSatisfy { abs($0 - $1) < 1e-6 })
        let given = try fixture.run(["--json", "--means"] + means)
        #expect(given.output == found.output, "\(given.errors)")
        #expect(try fixture.run("--json", "--means", fixture.folder + "ours/means").output == found.output)

        let few = try fixture.run(["--means"] + means.dropLast())
        #expect(few.status == 2 && few.errors.contains("--means: expected 8 checkpoints, one for each state, found 7"))
        let stranger = fixture.folder + "step_900.safetensors"
        try files.copyItem(atPath: fixture.path(7), toPath: stranger)
        let shifted = try fixture.run(["--means"] + means.dropLast() + [stranger])
        #expect(shifted.status == 2)
        #expect(shifted.errors.contains("\(stranger): expected the mean up to step 700, found step 900"))
        // A state without its mean: the run was killed between the two.
        _ = try copies("means", Array(0..<7))
        let killed = try Command("backtest", fixture.folder + "ours", "--json")
        #expect(killed.status == 0 && killed.errors.contains("one for each state, found 7: left out"))
        #expect(try killed.output == fixture.run("--json").output)
    }

    @Test func aConfigBringsTheNetworkAndATaskTheLoss() throws {
        let fixture = try Fixture()
        let page = fixture.folder + "report.html"
        let command = try fixture.run("--config", fixture.config, "--json", "--html", page)
        #expect(command.status == 0, "\(command.errors)")
        let scores = try #require(command.lastObject?["scores"] as? [[String: Any]])
        #expect(Set(scores.compactMap { $0["method"] as? String }).contains("nino"))
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("Backtest: look ahead") && html.contains("<svg") && !html.contains("<script"))
        let uneven = try fixture.run("--config", fixture.config, "--steps", "0,1,2,3,4,5,6,9", "--json")
        #expect(uneven.status == 0 && uneven.errors.contains("not equally far apart"))
    }

    @Test func forecastsAreWrittenAndTheirLossesRead() throws {
        let fixture = try Fixture()
        let folder = fixture.folder + "forecasts"
        #expect(try fixture.run("--forecasts", folder, "--k", "2").status == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count == 5 * 2 && files.contains("linefit-400-600.safetensors"))
        let forecast = try Checkpoint(opening: "\(folder)/linefit-400-600.safetensors").floats("fc.2.bias")
        let truth = try Checkpoint(opening: fixture.path(6)).floats("fc.2.bias")
        #expect(zip(forecast, truth).allSatisfy { abs($0 - $1) < 0.1 } && forecast != truth)

        var losses = Dictionary(uniqueKeysWithValues: (0..<8).map { ("\(100 * $0)", 2.0) })
        for file in files { losses[String(file.dropLast(12))] = file.hasPrefix("average-") ? 1 : 1.5 }
        func write(_ losses: [String: Double]) throws -> String {
            fixture.folder.write(String(decoding: try JSONEncoder().encode(losses), as: UTF8.self), to: "losses.json")
        }
        let judged = try fixture.run("--k", "2", "--json", "--losses", try write(losses))
        #expect(judged.status == 0, "\(judged.errors)")
        let advice = try #require(judged.lastObject?["advice"] as? [String: Any])
        #expect(advice["do"] as? String == "average" && advice["method"] as? String == "average")
        #expect(!judged.errors.contains("goes by distance"), "\(judged.errors)")
        losses["linefit-400-600"] = nil
        let partly = try fixture.run("--k", "2", "--json", "--losses", try write(losses))
        #expect(partly.status == 0 && partly.errors.contains("goes by distance"), "\(partly.errors)")
        losses["linefit-400-601"] = 1
        let stranger = try fixture.run("--k", "2", "--losses", try write(losses))
        #expect(stranger.status == 2 && stranger.errors.contains("linefit-400-601"))
        losses = ["0": 1]
        let missing = try fixture.run("--k", "2", "--losses", try write(losses))
        #expect(missing.status == 2 && missing.errors.contains("100: expected the loss of this state"))
    }

    @Test func whatIsWrongIsSaidInOneLine() throws {
        let fixture = try Fixture()
        let few = try Command(arguments: ["backtest", "--history"] + (0..<5).map(fixture.path))
        #expect(few.status == 2 && few.errorLines == ["nino: states: expected at least 6, found 5"])
        let far = try fixture.run("--k", "1,4")
        #expect(far.status == 2 && far.errors.contains("--k: horizon: expected 1 to 3, as there are 8 states, found 4"))
        for (flags, message) in [
            (["--losses", "x", "--forecasts", "y"], "one of --task, --losses and --forecasts"),
            (["--checkpoint", "x"], "--checkpoint needs"), (["--text", "x"], "for --task"),
            (["--steps", "1,2"], "expected 8"), (["--task", "fm-17"], "fm-16"),
        ] {
            let refused = try Command(arguments: ["backtest", "--history"] + (0..<8).map(fixture.path) + flags)
            #expect(refused.status == 2 && refused.errors.contains(message), "\(refused.errors)")
        }
        try fixture.write(3) { $0[0] = .nan }
        let damaged = try fixture.run("--forecasts", fixture.folder + "f")
        #expect(damaged.status == 2 && damaged.errorLines.count == 1)
        #expect(damaged.errors.contains("step_300.safetensors") && damaged.errors.contains("nan"))
        let swapped = try Command(
            arguments: ["backtest", "--history"] + [1, 0, 2, 4, 5, 6, 7].map(fixture.path))
        #expect(swapped.status == 2 && swapped.errors.contains("step_0.safetensors"))
    }
}
