import Checkpoints
import Foundation
import Nowcasting
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

private func bits(_ values: [Float]) -> [UInt32] {
    values.map(\.bitPattern)
}

/// The lines of metrics.jsonl without the wall time, which no two runs share.
private func metrics(_ folder: TemporaryFolder) throws -> [String] {
    try String(contentsOfFile: folder.path + "metrics.jsonl", encoding: .utf8).split(separator: "\n").map {
        String($0.replacing(/"seconds":[0-9.e-]+/, with: ""))
    }
}

private func trainer(
    _ settings: TrainingSettings, in folder: TemporaryFolder? = nil, start: Trainer.Start = .fresh,
    model: TrainableModel = toyModel(),
    observers: [any TrainingObserver] = []
) throws -> Trainer {
    try Trainer(
        settings: settings, model: model, data: toyData(), nowcaster: settings.nowcaster == "none" ? nil : toyNowcaster,
        folder: folder.map { RunFolder($0.path) }, start: start, observers: observers)
}

@Suite(.slow) struct TrainerTests {
    @Test func trainingLearnsTheToyProblem() throws {
        let run = try trainer(toySettings())
        try run.run()
        #expect(run.result.evaluations[0].accuracy! < 0.9)
        #expect(run.result.best! > 0.95)
        #expect(run.result.evaluations.map(\.step) == Array(stride(from: 5, through: 60, by: 5)))
    }

    @Test func equalSeedsGiveEqualBitsWhateverTheThreads() throws {
        let threads = Parallel.threads
        defer { Parallel.threads = threads }
        var weights: [[UInt32]] = []
        for count in [1, 2, 3] {
            Parallel.threads = count
            let run = try trainer(toySettings(nowcaster: "toy"))
            try run.run()
            weights.append(bits(run.weights))
        }
        #expect(weights[0] == weights[1] && weights[1] == weights[2])
        let other = try trainer(toySettings(nowcaster: "toy", seed: 2))
        try other.run()
        #expect(bits(other.weights) != weights[0])
    }

    @Test func trainingStopsAtTheFirstEvaluationThatReachesTheTarget() throws {
        var settings = try toySettings()
        settings.target = 0.9
        let run = try trainer(settings)
        try run.run()
        let result = run.result
        #expect(result.stepsToTarget == result.steps && result.steps < settings.steps)
        #expect(result.evaluations.last!.accuracy! >= 0.9)
        #expect(result.evaluations.dropLast().allSatisfy { $0.accuracy! < 0.9 })
    }

    @Test func aTargetThatIsNotReachedIsNull() throws {
        let run = try trainer(toySettings(steps: 12))
        try run.run()
        #expect(run.result.stepsToTarget == nil && run.result.steps == 12)
        // The last step is evaluated though it is no multiple of the interval.
        #expect(run.result.evaluations.map(\.step) == [5, 10, 12])
        let summary = try String(decoding: JSONEncoder().encode(run.result.summary), as: UTF8.self)
        #expect(summary.contains("\"steps_to_target\":null"))
    }

    @Test func nowcastsReplaceTheLastStepOfEachPeriod() throws {
        let recorder = Recorder()
        let run = try trainer(toySettings(nowcaster: "toy"), observers: [recorder])
        try run.run()
        #expect(run.result.nowcastSteps == [20, 40, 60] && run.result.jumpSteps == [20, 40, 60])
        let horizons = recorder.events.compactMap { if case .nowcast(_, let horizon) = $0 { horizon } else { nil } }
        #expect(horizons == [20, 7, 1])
        let losses = recorder.events.compactMap { event -> Int? in
            if case .stepped(let step, nil) = event { step } else { nil }
        }
        #expect(losses == [20, 40, 60])
        let alone = try trainer(toySettings())
        try alone.run()
        #expect(alone.result.nowcastSteps.isEmpty && bits(alone.weights) != bits(run.weights))
    }

    /// The average looks nowhere, so training is that of the base optimizer but for the steps that nowcasts take.
    @Test func aNowcastBesideTheWeightsIsWhatIsEvaluatedAndKept() throws {
        let folder = TemporaryFolder()
        var settings = try toySettings(nowcaster: "average", steps: 24)
        // So the weights soon circle around a point, and means are better.
        (settings.policy, settings.evaluationInterval, settings.learningRate, settings.weightDecay) = (
            .search, 4, 0.3, 0.5
        )
        func run(_ kind: StateKind, in folder: TemporaryFolder? = nil) throws -> Trainer {
            let run = try Trainer(
                settings: settings, model: toyModel(), data: toyData(),
                nowcaster: RunNowcaster(.average, graph: nil, identity: "average", stateKind: kind),
                folder: folder.map { RunFolder($0.path) })
            try run.run()
            return run
        }
        let (means, snapshots) = (try run(.mean, in: folder), try run(.snapshot))
        #expect(
            means.result.nowcastSteps == Array(stride(from: 10, through: 24, by: 2)) && means.result.jumpSteps.isEmpty
                && snapshots.result.jumpSteps.isEmpty)
        #expect(bits(means.weights) == bits(snapshots.weights))
        let pairs = zip(means.result.evaluations, snapshots.result.evaluations)
        #expect(means.result.evaluations.map { $0.horizon != nil } == [false, false, true, true, true, true])
        // States differ, so what stands beside the same weights does.
        #expect(pairs.map { $0.testLoss == $1.testLoss } == [true, true, false, false, false, false])
        let file = try Checkpoint(opening: folder.path + "model.safetensors")
        let kept = try toyModel().parameters.entries.flatMap { try file.floats($0.name) }
        #expect(bits(kept) != bits(means.weights))
        #expect(zip(kept, means.weights).allSatisfy { abs($0 - $1) < 1 })
    }

    @Test func aLossThatIsNoNumberIsAClearError() throws {
        var settings = try toySettings()
        settings.learningRate = 1e38
        let run = try trainer(settings)
        let error = #expect(throws: TrainingError.self) { try run.run() }
        guard case .lossNotFinite(let step, _) = error else {
            Issue.record("expected lossNotFinite, found \(String(describing: error))")
            return
        }
        #expect(step >= 2 && "\(error!)".contains("at step \(step)"))
    }

    @Test(arguments: [7, 20, 23, 24, 39, 55], [NowcastPolicy.schedule, .search]) func aResumedRunIsBitIdentical(
        pause: Int, policy: NowcastPolicy
    ) throws {
        let whole = TemporaryFolder(), parts = TemporaryFolder()
        var settings = try toySettings(nowcaster: "toy")
        settings.policy = policy
        let uninterrupted = try trainer(settings, in: whole)
        try uninterrupted.run()

        let cancellation = Cancellation()
        let recorder = Recorder()
        recorder.onEvent = { if case .stepped(pause, _) = $0 { cancellation.request() } }
        let first = try trainer(settings, in: parts, observers: [recorder])
        #expect(try first.run(cancellation: cancellation) == false)
        #expect(first.step == pause)
        let second = try trainer(settings, in: parts, start: .resume)
        #expect(second.step == pause)
        try second.run()

        #expect(bits(second.weights) == bits(uninterrupted.weights))
        #expect(try metrics(parts) == metrics(whole))
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: parts.path + "model.safetensors"))
                == Data(contentsOf: URL(fileURLWithPath: whole.path + "model.safetensors")))
    }

    /// A run that is killed leaves the last checkpoint, later lines of metrics, and perhaps half a line.
    @Test func aKilledRunResumesWithoutDuplicateOrLostLines() throws {
        let whole = TemporaryFolder(), killed = TemporaryFolder()
        var settings = try toySettings(nowcaster: "toy")
        settings.evaluationInterval = 3  // checkpoints at 0, 30 and 60
        let uninterrupted = try trainer(settings, in: whole)
        try uninterrupted.run()

        let first = try trainer(settings, in: killed)
        try first.run(until: 50)
        let file = killed.path + "metrics.jsonl"
        let lines = try String(contentsOfFile: file, encoding: .utf8)
        try (lines + "{\"accuracy\":0.9").write(toFile: file, atomically: false, encoding: .utf8)
        let halfWritten = killed.write([1, 2, 3], to: ".checkpoint.safetensors.x1y2.tmp")
        let second = try trainer(settings, in: killed, start: .resume)
        #expect(second.step == 30 && !FileManager.default.fileExists(atPath: halfWritten))
        try second.run()
        #expect(bits(second.weights) == bits(uninterrupted.weights))
        #expect(try metrics(killed) == metrics(whole))
    }

    @Test func aCheckpointIsThereBeforeTheFirstStep() throws {
        let folder = TemporaryFolder()
        _ = try trainer(toySettings(), in: folder)
        let resumed = try trainer(toySettings(), in: folder, start: .resume)
        #expect(resumed.step == 0)
    }

    @Test func aFinishedRunResumesAsFinished() throws {
        let folder = TemporaryFolder()
        let run = try trainer(toySettings(), in: folder)
        try run.run()
        let again = try trainer(toySettings(), in: folder, start: .resume)
        #expect(again.isFinished && again.result == run.result)
        try again.run()
        #expect(again.result == run.result)
        let result = try JSONDecoder().decode(
            RunResult.self, from: Data(contentsOf: URL(fileURLWithPath: folder.path + "result.json")))
        #expect(result == run.result)
    }

    @Test func aRunIsNotOverwritten() throws {
        let folder = TemporaryFolder()
        let first = try trainer(toySettings(), in: folder)
        try first.run(until: 10)
        #expect(throws: TrainingError.checkpointExists(folder: folder.path)) { try trainer(toySettings(), in: folder) }
        try first.run()
        // A finished one even less: it is worth more.
        let model = TemporaryFolder.bytes(of: folder + "model.safetensors")
        #expect(throws: TrainingError.runFinished(folder: folder.path)) { try trainer(toySettings(), in: folder) }
        #expect(!model.isEmpty && TemporaryFolder.bytes(of: folder + "model.safetensors") == model)
    }

    @Test func resumingWithoutACheckpointIsRefused() throws {
        let folder = TemporaryFolder()
        #expect(throws: TrainingError.nothingToResume(folder: folder.path)) {
            try trainer(toySettings(), in: folder, start: .resume)
        }
        folder.write("x", to: "file")
        for (name, found) in [("nothere", "nothing"), ("file", "a file")] {
            let path = folder + name
            #expect(throws: TrainingError.invalidSetting(name: path, allowed: "the folder of a run", found: found)) {
                try Trainer(
                    settings: toySettings(), model: toyModel(), data: toyData(), folder: RunFolder(path), start: .resume
                )
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "nothere"))
    }

    @Test func aCheckpointOfAnotherRunIsRefused() throws {
        let folder = TemporaryFolder()
        _ = try trainer(toySettings(nowcaster: "toy"), in: folder)
        func refusal(_ change: (inout TrainingSettings) -> Void, model: TrainableModel = toyModel()) throws -> String? {
            var settings = try toySettings(nowcaster: "toy")
            change(&settings)
            do {
                _ = try trainer(settings, in: folder, start: .resume, model: model)
                return nil
            } catch TrainingError.otherRun(_, let differences) {
                return differences.map(\.key).joined(separator: ", ")
            }
        }
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.seed = 2 } == "--seed")
        #expect(try refusal { $0.task = "fm-32" } == "--task")
        #expect(try refusal { $0.learningRate = 0.1 } == "--lr")
        #expect(try refusal { $0.batchSize = 8 } == "--batch")
        #expect(try refusal { $0.evaluationInterval += 1 } == "--eval-every")
        #expect(try refusal { $0.period = 10 } == "--period")
        #expect(try refusal { $0.nowcaster = "none" } == "--nowcaster")
        #expect(
            try refusal {
                $0.seed = 2
                $0.learningRate = 0.1
            } == "--lr, --seed")
        #expect(try refusal({ _ in }, model: toyModel(configuration: "{\"toy\":2}")) == "toy of --config")
    }

    @Test func aDamagedCheckpointIsRefused() throws {
        let folder = TemporaryFolder()
        _ = try trainer(toySettings(), in: folder)
        let file = URL(fileURLWithPath: folder.path + "checkpoint.safetensors")
        let data = try Data(contentsOf: file)
        try data.prefix(data.count - 1).write(to: file)
        #expect(throws: (any Error).self) { try trainer(toySettings(), in: folder, start: .resume) }
        // Another version of the layout, in a file that is whole.
        try Data(
            String(data.map { Character(Unicode.Scalar($0)) }).replacingOccurrences(
                of: "training/2", with: "training/9"
            )
            .unicodeScalars.map { UInt8($0.value) }
        ).write(to: file)
        let error = #expect(throws: TrainingError.self) { try trainer(toySettings(), in: folder, start: .resume) }
        #expect("\(error!)".contains("format: expected nino.training/2, found nino.training/9"))
        try data.write(to: file)
        _ = try trainer(toySettings(), in: folder, start: .resume)
    }

    @Test func settingsThatMakeNoSenseAreRefused() throws {
        func refusal(_ change: (inout TrainingSettings) -> Void) throws -> String? {
            var settings = try toySettings()
            change(&settings)
            do {
                try settings.validate()
                return nil
            } catch TrainingError.invalidSetting(let flag, _, _) {
                return flag
            }
        }
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.steps = 0 } == "--steps")
        #expect(try refusal { $0.batchSize = 0 } == "--batch")
        #expect(try refusal { $0.evaluationInterval = 0 } == "--eval-every")
        #expect(try refusal { $0.period = 4 } == "--period")
        #expect(try refusal { $0.learningRate = -1 } == "--lr")
        #expect(try refusal { $0.target = .nan } == "--target")
    }
}
