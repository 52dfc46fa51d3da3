import Checkpoints
import Foundation
import Nowcasting
import TestSupport
import Testing
import Training

@Suite(.slow) struct ExtendedRunTests {
    private func trainer(
        _ settings: TrainingSettings, in folder: TemporaryFolder, start: Trainer.Start = .fresh, keep: Int? = nil
    ) throws -> Trainer {
        try Trainer(
            settings: settings, model: toyModel(), data: toyData(),
            nowcaster: settings.nowcaster == "none" ? nil : toyNowcaster, folder: RunFolder(folder.path), start: start,
            keep: keep)
    }

    private func settings(_ steps: Int, _ nowcaster: String = "none") throws -> TrainingSettings {
        var settings = try toySettings(nowcaster: nowcaster, steps: steps)
        settings.policy = .search
        return settings
    }

    private func lines(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
        try String(contentsOfFile: folder + name, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test(arguments: ["none", "toy"]) func moreStepsAreThoseOfARunThatHadThemFromTheBeginning(nowcaster: String) throws
    {
        let (whole, parts) = (TemporaryFolder(), TemporaryFolder())
        let long = try trainer(settings(90, nowcaster), in: whole)
        try long.run()
        try trainer(settings(60, nowcaster), in: parts).run()
        let (result, model) = (
            TemporaryFolder.bytes(of: parts + "result.json"), TemporaryFolder.bytes(of: parts + "model.safetensors")
        )
        let extended = try trainer(settings(90, nowcaster), in: parts, start: .resume)
        #expect(extended.step == 60 && !extended.isFinished)
        try extended.run()
        #expect(extended.weights == long.weights)
        #expect(extended.result.evaluations.map(\.testLoss) == long.result.evaluations.map(\.testLoss))
        // What the shorter run left is there under its own name.
        #expect(TemporaryFolder.bytes(of: parts + "result-60.json") == result)
        #expect(TemporaryFolder.bytes(of: parts + "model-60.safetensors") == model)
        #expect(
            TemporaryFolder.bytes(of: parts + "model.safetensors")
                == TemporaryFolder.bytes(of: whole + "model.safetensors"))
    }

    @Test func anotherTargetEndsTheRunElsewhere() throws {
        let folder = TemporaryFolder()
        var near = try settings(60)
        near.target = 0.5
        let first = try trainer(near, in: folder)
        try first.run()
        let step = try #require(first.result.stepsToTarget)
        let farther = try trainer(settings(60), in: folder, start: .resume)
        #expect(farther.step == step && !farther.isFinished)
        try farther.run()
        #expect(farther.step == 60 && farther.result.stepsToTarget == nil)
        // Back to the first target: the run is finished as it is, and nothing that it left is lost.
        try trainer(near, in: folder, start: .resume).run()
        let left = folder.contents.filter { $0.hasPrefix("result") }
        #expect(left == ["result-60.json", "result-\(step).json", "result.json"].sorted())
    }

    @Test func whatWouldHaveBeenAnotherRunIsRefused() throws {
        func refusal(_ change: (inout TrainingSettings) -> Void, to steps: Int) throws -> String? {
            let folder = TemporaryFolder()
            var settings = try settings(60, "toy")
            change(&settings)
            let run = try trainer(settings, in: folder)
            try run.run(until: 30)
            try run.save()
            settings.steps = steps
            do {
                _ = try trainer(settings, in: folder, start: .resume)
                return nil
            } catch TrainingError.invalidSetting(_, let allowed, _) {
                return allowed
            }
        }
        #expect(try refusal({ _ in }, to: 70) == nil)
        #expect(try refusal({ _ in }, to: 29) == "at least 30, which are done")
        #expect(
            try refusal({ $0.schedule = .linear }, to: 70) == "60, over which the learning rate falls in this run")
        #expect(try refusal({ $0.policy = .schedule }, to: 70) == "60, over which horizons fall in this run")
        // Only where it is asked for: a comparison's folder is that of one budget.
        let folder = TemporaryFolder()
        try trainer(settings(20), in: folder).run()
        #expect(throws: TrainingError.self) { try trainer(settings(30), in: folder, start: .resumeIfPossible) }
    }

    @Test func theTableHoldsWhatTheLinesHold() throws {
        let folder = TemporaryFolder()
        var settings = try settings(20)
        settings.averages = [.exponential(decay: 0.9)]
        let run = try trainer(settings, in: folder)
        try run.run(until: 10)
        let again = try trainer(settings, in: folder, start: .resume)
        try again.run()
        let rows = try lines(folder, "metrics.csv").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let names = ["step", "loss", "test_loss", "perplexity", "accuracy", "seconds", "nowcasts", "horizon"]
        #expect(rows[0] == names + ["search_passes", "ema:0.9 test_loss", "ema:0.9 accuracy"])
        #expect(rows.count == 5 && rows.allSatisfy { $0.count == 11 })
        for (row, evaluation) in zip(rows.dropFirst(), again.result.evaluations) {
            #expect(Int(row[0]) == evaluation.step && Double(row[2]) == evaluation.testLoss && row[3].isEmpty)
            #expect(
                Double(row[4]) == evaluation.accuracy && Double(row[9]) == evaluation.averages?["ema:0.9"]?.testLoss)
        }
        #expect(try lines(folder, "metrics.jsonl").count == 4)
    }

    @Test func statesAreKeptFromTheFirstWeightsOn() throws {
        let folder = TemporaryFolder()
        let run = try trainer(settings(20), in: folder, keep: 5)
        let first = run.weights
        try run.run(until: 12)
        try trainer(settings(20), in: folder, start: .resume, keep: 5).run()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "states").sorted()
        #expect(names == [0, 10, 15, 20, 5].map { "step_\($0).safetensors" }.sorted())
        let kept = try Checkpoint(opening: folder + "states/step_0.safetensors")
        #expect(try kept.floats("weight") + kept.floats("bias") == first && kept.step == 0)
        let last = try Checkpoint(opening: folder + "states/step_20.safetensors")
        #expect(try last.floats("weight") == Checkpoint(opening: folder + "model.safetensors").floats("weight"))
    }

    /// Beside each kept state lies the mean of the weights after each of the steps since the one before, however often
    /// the run was interrupted.
    @Test(arguments: ["none", "toy"]) func meansAreThoseOfTheWeightsBetweenKeptStates(nowcaster: String) throws {
        let (every, fifth) = (TemporaryFolder(), TemporaryFolder())
        try trainer(settings(40, nowcaster), in: every, keep: 1).run()
        for stop in [3, 12, 20, 40] {
            let run = try trainer(
                settings(40, nowcaster), in: fifth, start: stop == 3 ? .fresh : .resume, keep: 5)
            try run.run(until: stop)
            // The twin of a run that was killed: what it has done since its last checkpoint is done again.
            if stop == 12 { try run.save() }
        }
        func weights(_ folder: TemporaryFolder, _ kind: String, _ step: Int) throws -> [Float] {
            try Checkpoint(opening: folder + "\(kind)/step_\(step).safetensors").floats("weight")
        }
        for step in stride(from: 5, through: 40, by: 5) {
            let mean = try weights(fifth, "means", step)
            let between = try ((step - 4)...step).map { try weights(every, "states", $0) }
            for index in mean.indices {
                let expected = between.reduce(0) { $0 + Double($1[index]) } / 5
                #expect(abs(Double(mean[index]) - expected) < 1e-6 * (1 + abs(expected)))
            }
            #expect(try mean != weights(fifth, "states", step))
        }
        #expect(try weights(fifth, "means", 0) == weights(fifth, "states", 0))
        #expect(try weights(every, "means", 7) == weights(every, "states", 7))
    }
}
