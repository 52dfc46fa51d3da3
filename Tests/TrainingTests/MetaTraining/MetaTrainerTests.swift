import Foundation
import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing
import Training

/// Distance of the weights from a point that moves a little from step to step; not finite on request.
private final class ToyObjective: MetaObjective {
    let parameters = ParameterList([("w", [6])])
    let weights = Tensor(shape: [6], values: [0, 1, 2, 3, 4, 5])
    let batchSize = 1
    private let isBad: (Int) -> Bool
    private(set) var seen: [[Float]] = []

    init(isBad: @escaping (Int) -> Bool = { _ in false }) {
        self.isBad = isBad
    }

    func lossAndGradient(step: Int, into gradient: Tensor) throws -> Double {
        var random = SeededRandom(seed: 3, purpose: .sampling, index: UInt64(step))
        seen.append(weights.array)
        var loss = 0.0
        for index in 0..<6 {
            let error = weights.values[index] - 1 - random.uniform(in: -0.1...0.1)
            gradient.values[index] = error
            loss += Double(error * error)
        }
        if isBad(step) { gradient.values[4] = .nan }
        return loss
    }
}

@Suite(.slow) struct MetaTrainerTests {
    private let folder = TemporaryFolder()

    private func settings(steps: Int = 200) -> MetaTrainingSettings {
        var settings = MetaTrainingSettings(shape: NetworkShape(method: .nino, width: 8), seed: 1)
        settings.steps = steps
        settings.learningRate = 0.1
        return settings
    }

    private func files(_ name: String, data: String = "data") throws -> MetaTrainingFiles {
        try MetaTrainingFiles(folder + "\(name).safetensors", data: data) { path, _ in
            try Data([1]).write(to: URL(fileURLWithPath: path))
        }
    }

    private func trainer(
        _ objective: ToyObjective, steps: Int = 200, files: MetaTrainingFiles? = nil, resume: Bool = false,
        _ onEvent: @escaping (MetaTrainer.Event) -> Void = { _ in }
    ) throws -> MetaTrainer {
        try MetaTrainer(
            objective, settings: settings(steps: steps), evaluationInterval: 40, files: files, resume: resume,
            onEvent: onEvent)
    }

    @Test func theLossFalls() throws {
        let objective = ToyObjective()
        let trainer = try trainer(objective)
        #expect(try trainer.run())
        #expect(trainer.metrics.map(\.step) == [40, 80, 120, 160, 200])
        #expect(trainer.metrics.last!.loss! < 0.1 && trainer.metrics[0].loss! > 1)
        // Along half a cosine.
        let rates = trainer.metrics.map(\.learningRate)
        #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 } && abs(rates.last! - 1e-6) < 1e-12)
    }

    /// A step too large leaves finite weights whose predictions are not.
    @Test func whatNoNumberCanSayIsLeftOutOfTheMetrics() throws {
        let row = { (error: String) in
            #"{"family":"f","kind":"all","horizon":1,"cosine":0.5,"relative_error":\#(error),"#
                + #""length_ratio":1,"samples":1}"#
        }
        for (error, expected) in [("1.7e308", nil), ("0.25", 0.25)] as [(String, Double?)] {
            let text = #"{"rows":[\#(row(error)),\#(row(error))]}"#
            let evaluation = try JSONDecoder().decode(MetaEvaluation.self, from: Data(text.utf8))
            let trainer = try MetaTrainer(
                ToyObjective(), settings: settings(steps: 2), evaluationInterval: 2, files: files("n\(error)"),
                validate: { evaluation })
            #expect(try trainer.run())
            #expect(trainer.metrics.last?.relativeError == expected && trainer.metrics.last?.cosine == 0.5)
            #expect(folder.contents.contains("n\(error).metrics.jsonl"))
        }
    }

    @Test func aBadStepChangesNothing() throws {
        let (good, bad) = (ToyObjective(), ToyObjective { $0 == 10 || $0 == 12 })
        let trainer = try trainer(bad)
        #expect(try trainer.run())
        #expect(try self.trainer(good).run())
        #expect(bad.seen[11] == bad.seen[10] && bad.seen[12] != bad.seen[11] && bad.seen[13] == bad.seen[12])
        #expect(good.seen[11] != good.seen[10])
        #expect(
            bad.weights.values.allSatisfy(\.isFinite) && trainer.metrics.last!.skipped == 2
                && trainer.metrics.last!.loss! < 0.1)
    }

    @Test func badStepsInARowGoBackToTheLastGoodStateWithHalfTheRate() throws {
        let objective = ToyObjective { (70..<73).contains($0) }
        var returned: [Int] = []
        let trainer = try trainer(objective) { if case .returned(let step, _) = $0 { returned.append(step) } }
        #expect(try trainer.run())
        #expect(returned == [73])
        #expect(objective.seen[73] == objective.seen[50] && objective.seen[73] != objective.seen[70])
        let untroubled = ToyObjective()
        let other = try self.trainer(untroubled)
        #expect(try other.run())
        #expect(trainer.metrics[1].learningRate == other.metrics[1].learningRate / 2)
        #expect(trainer.metrics.last!.loss! < 0.1)
    }

    @Test func whatDoesNotRecoverEnds() throws {
        let trainer = try trainer(ToyObjective { $0 >= 5 })
        let step = 5 + MetaTrainer.patience * (MetaTrainer.mostReductions + 1)
        #expect(throws: TrainingError.metaTrainingDiverged(step: step, reductions: MetaTrainer.mostReductions)) {
            try trainer.run()
        }
    }

    @Test(arguments: [30, 61, 72, 74, 119])
    func anInterruptedTrainingGoesOnToTheSameBits(stop: Int) throws {
        // Interrupted before, amid and after bad steps and their repair.
        let isBad = { (step: Int) in (70..<73).contains(step) || (74..<77).contains(step) }
        let whole = ToyObjective(isBad: isBad)
        #expect(try trainer(whole).run())
        let first = ToyObjective(isBad: isBad)
        let cancellation = Cancellation()
        let interrupted = try trainer(first, files: files("parts")) { event in
            switch event {
            case .stepped(stop, _), .skipped(stop): cancellation.request()
            default: break
            }
        }
        #expect(try !interrupted.run(cancellation: cancellation))
        #expect(interrupted.step == stop)
        let unfinished = TrainingError.trainingExists(
            file: folder + "parts.training.safetensors", done: stop, of: 200)
        #expect("\(unfinished)".hasSuffix("holds a run of \(stop) of 200 steps; give another --out, or --resume"))
        #expect(throws: unfinished) {
            try trainer(ToyObjective(), files: files("parts"))
        }
        let second = ToyObjective(isBad: isBad)
        #expect(try trainer(second, files: files("parts"), resume: true).run())
        #expect(second.weights.array.map(\.bitPattern) == whole.weights.array.map(\.bitPattern))
        #expect(second.seen.count == 200 - stop)
        let lines = try String(contentsOfFile: folder + "parts.metrics.jsonl", encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(folder.contents.filter { $0.hasSuffix(".tmp") }.isEmpty)
        // A finished training is not followed by another under its name.
        let finished = TrainingError.trainingExists(file: folder + "parts.training.safetensors", done: 200, of: 200)
        #expect("\(finished)".hasSuffix("holds a finished run of 200 steps; give another --out"))
        #expect(throws: finished) { try trainer(ToyObjective(), files: files("parts")) }
        #expect(throws: finished) { try trainer(ToyObjective(), steps: 300, files: files("parts")) }
    }

    @Test(arguments: [
        (["state", "step"], -1), (["state", "step"], Int.max), (["state", "lossCount"], Int.max),
        (["state", "metrics", "0", "step"], Int.max), (["updates"], Int.max), (["goodUpdates"], -1),
    ])
    func aNumberThatNoMetaTrainingComesToIsRefused(path: [String], number: Int) throws {
        #expect(try trainer(ToyObjective(), files: files("a")).run())
        _ = try trainer(ToyObjective(), files: files("a"), resume: true)
        let file = folder + "a.training.safetensors"
        try rewrite(file) { $0["state"] = try edited($0["state"]!, at: path, to: number) }
        let error = #expect(throws: TrainingError.self) {
            try trainer(ToyObjective(), files: files("a"), resume: true)
        }
        let message = "\(error!)"
        let start = "\(file): is no usable training checkpoint: \(keyText(path)): expected "
        #expect(message.hasPrefix(start) && message.hasSuffix(", found \(number)"), "\(message)")
    }

    @Test func aBatchThatNoMemoryHoldsIsRefused() throws {
        var large = settings()
        (large.trajectories, large.slices) = (1 << 15, 2)
        try large.validate()
        large.slices = 3
        let refused = TrainingError.invalidSetting(
            name: "--trajectories times --slices", allowed: "at most 65536 (more is a batch that no memory holds)",
            found: "98304")
        #expect(throws: refused) { try large.validate() }
    }

    @Test func anotherTrainingIsNotContinued() throws {
        let missing = TrainingError.invalidSetting(
            name: folder + "a.training.safetensors", allowed: "the state of a meta-training to resume", found: "nothing"
        )
        #expect(throws: missing) { try trainer(ToyObjective(), files: files("a"), resume: true) }
        #expect(try trainer(ToyObjective(), files: files("a")).run())
        _ = try trainer(ToyObjective(), files: files("a"), resume: true)
        let file = folder + "a.training.safetensors"
        let longer = TrainingError.otherRun(file: file, [SettingDifference("--steps", found: "200", expected: "300")])
        #expect(throws: longer) { try trainer(ToyObjective(), steps: 300, files: files("a"), resume: true) }
        let other = TrainingError.otherRun(
            file: file,
            [
                SettingDifference(
                    "the trajectories (--data, --tasks, --hold-out)", found: "data", expected: "others")
            ])
        #expect(throws: other) { try trainer(ToyObjective(), files: files("a", data: "others"), resume: true) }
        #expect(throws: TrainingError.self) { try MetaTrainingFiles("network.pt", data: "") { _, _ in } }
    }
}
