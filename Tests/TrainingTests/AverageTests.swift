import Nowcasting
import TestSupport
import Testing
import Training

@Suite struct AverageTests {
    private func trainer(
        _ averages: [AverageKind]?, steps: Int = 60, in folder: TemporaryFolder? = nil,
        start: Trainer.Start = .fresh
    ) throws -> Trainer {
        var settings = try toySettings(steps: steps)
        settings.averages = averages
        return try Trainer(
            settings: settings, model: toyModel(), data: toyData(), folder: folder.map { RunFolder($0.path) },
            start: start)
    }

    private static let kinds = [
        AverageKind.exponential(decay: 0.5), .exponential(decay: 0.999), .latest(count: 2),
    ]

    @Test func averagesChangeNoBitOfTheTraining() throws {
        let plain = try trainer(nil)
        try plain.run()
        let judged = try trainer(Self.kinds)
        try judged.run()
        #expect(plain.weights == judged.weights)
        #expect(plain.result.evaluations.allSatisfy { $0.averages == nil })
        // LAWA has its first state after 50 updates.
        #expect(judged.result.evaluations[0].averages?.keys.sorted() == ["ema:0.5", "ema:0.999"])
        #expect(judged.result.evaluations.last?.averages?.count == 3)
    }

    @Test func anAverageIsWhatTheDefinitionSays() throws {
        let run = try trainer([.exponential(decay: 0.5)], steps: 60)
        try run.run()
        let last = try #require(run.result.evaluations.last)
        let average = try #require(last.averages?["ema:0.5"])
        // A short average is close to the weights, and no copy of them.
        #expect(abs(average.testLoss - last.testLoss) < 0.1)
        #expect(average.testLoss != last.testLoss)

        let slow = try trainer([.exponential(decay: 0.999)], steps: 60)
        try slow.run()
        let early = try #require(slow.result.evaluations.last?.averages?["ema:0.999"])
        #expect(early.testLoss > average.testLoss)
    }

    @Test func averagesSurviveAnInterruption() throws {
        let whole = try trainer(Self.kinds, steps: 160)
        try whole.run()
        let folder = TemporaryFolder()
        let first = try trainer(Self.kinds, steps: 160, in: folder)
        try first.run(until: 110)
        try first.save()
        let second = try trainer(Self.kinds, steps: 160, in: folder, start: .resume)
        #expect(second.step == 110)
        try second.run()
        #expect(second.result.evaluations.map(\.averages) == whole.result.evaluations.map(\.averages))
        #expect(throws: TrainingError.self) { try trainer(nil, steps: 160, in: folder, start: .resume) }
    }

    @Test func aNameTwiceIsRefused() throws {
        #expect(throws: TrainingError.self) { try trainer([.latest(count: 2), .latest(count: 2)]) }
    }
}
