import Foundation
import Tensors
import TestSupport
import Testing
import Training

private func ids(_ batch: [String: Value]) -> [Int64] { batch["input_ids"]!.integers.array }

/// Notes which windows are asked for.
private final class WatchedText: DataSource, @unchecked Sendable {
    let inner: ByteText
    private(set) var batches: [[Int]] = []

    init(_ inner: ByteText) { self.inner = inner }

    var trainingCount: Int { inner.trainingCount }
    var evaluationCount: Int { inner.evaluationCount }
    var evaluationBatchSize: Int { inner.evaluationBatchSize }
    var labelCount: Int { inner.labelCount }
    var order: ExampleOrder { inner.order }
    func inputTypes(count: Int) -> [String: ValueType] { inner.inputTypes(count: count) }
    func evaluationBatch(_ examples: Range<Int>) -> [String: Value] { inner.evaluationBatch(examples) }
    func correctCount(logits: Tensor, batch: [String: Value]) -> Int? { nil }

    func trainingBatch(_ examples: ArraySlice<Int>) -> [String: Value] {
        batches.append(Array(examples))
        return inner.trainingBatch(examples)
    }
}

private func windows(seed: UInt64, nowcaster: RunNowcaster? = nil, until limit: Int? = nil) throws -> [[Int]] {
    let source = WatchedText(try toyText(toyText()))
    let settings = try toyTextSettings(nowcaster: nowcaster == nil ? "none" : "toy", seed: seed, steps: 24)
    try Trainer(settings: settings, model: toyLanguageModel(), data: source, nowcaster: nowcaster).run(until: limit)
    return source.batches
}

@Suite struct ByteTextTests {
    @Test func labelsAreTheBytesThemselves() throws {
        let text = try toyText((0..<100).map { UInt8($0) }, context: 4)
        let batch = text.trainingBatch([7, 0])
        #expect(batch["input_ids"]!.type == ValueType(.int64, [2, 4]))
        #expect(ids(batch) == [7, 8, 9, 10, 0, 1, 2, 3])
        #expect(batch["labels"]!.integers.array == ids(batch))
    }

    @Test func theLastTenthIsHeldOutOfTraining() throws {
        // 90 bytes to train on, the last of which is a 1, and 10 held out.
        let text = try toyText([UInt8](repeating: 0, count: 89) + [1] + [UInt8](repeating: 2, count: 10), context: 4)
        let drawn = ids(text.trainingBatch(Array(0..<text.trainingCount)[...]))
        #expect(!drawn.contains(2))
        #expect(drawn.contains(1))
        #expect(ids(text.evaluationBatch(0..<text.evaluationCount)) == [Int64](repeating: 2, count: 8))
    }

    @Test(arguments: [(1000, 4, 25), (100_000, 8, 256), (105, 10, 1)])
    func evaluationWindowsSpreadOverTheHeldOutPartWithoutOverlap(count: Int, context: Int, windows: Int) throws {
        let text = try toyText((0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }, context: context)
        #expect(text.evaluationCount == windows)
        let heldOutStart = count - count / 10
        let firsts = (0..<windows).map { ids(text.evaluationBatch($0..<($0 + 1)))[0] }
        let expected = (0..<windows).map { heldOutStart + $0 * (count / 10 - context) / max(1, windows - 1) }
        #expect(firsts == expected.map { Int64($0 % 251) })
        #expect(zip(expected, expected.dropFirst()).allSatisfy { $1 - $0 >= context })
        #expect(expected.last! + context <= count)
    }

    @Test func windowsAreAFunctionOfSeedAndStep() throws {
        let first = try windows(seed: 1)
        #expect(first.count == 24 && first.allSatisfy { $0.count == 16 })
        #expect(first[0] != first[1])
        #expect(try windows(seed: 1) == first)
        #expect(try windows(seed: 1, until: 7) == Array(first[..<7]))
        #expect(try windows(seed: 2)[0] != first[0])
        // A nowcast step leaves its batch unused.
        #expect(try windows(seed: 1, nowcaster: toyNowcaster) == Array(first[..<19] + first[20...]))
        #expect(first.joined().allSatisfy { (0...(3600 - 8)).contains($0) })
    }

    @Test func identityTellsTextsAndWindowsApart() throws {
        let bytes = toyText()
        let identity = try toyText(bytes).identity
        #expect(try toyText(bytes).identity == identity)
        var other = bytes
        other[1234] ^= 1
        #expect(try toyText(other).identity != identity)
        #expect(try toyText(Array(bytes.dropLast())).identity != identity)
        #expect(try toyText(bytes, context: 9).identity != identity)
        #expect(identity.hasPrefix("text of 4000 bytes (crc32 ") && identity.hasSuffix(" in windows of 8"))
    }

    @Test func aTextWithoutAWindowToHoldOutIsRefused() throws {
        #expect(throws: TrainingError.textTooShort(file: "toy.txt", unit: "bytes", context: 8, expected: 80, found: 79))
        {
            try toyText(toyText(79))
        }
        #expect(try toyText(toyText(80)).evaluationCount == 1)
        let error = #expect(throws: TrainingError.self) { try toyText(toyText(80), context: .max) }
        #expect("\(error!)".hasPrefix("--context: expected at most 16777216"))
        #expect(throws: TrainingError.self) { try toyText(toyText(), context: 1) }
        #expect(try toyText(toyText(), context: 2).context == 2)
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: TrainingError.cannotRead(file: "/nowhere/t", reason: "No such file or directory")) {
            try ByteText(contentsOf: "/nowhere/t", context: 8)
        }
    }
}

@Suite struct TextTaskTests {
    private func trainer(
        _ settings: TrainingSettings, text: [UInt8] = toyText(), in folder: TemporaryFolder? = nil,
        start: Trainer.Start = .fresh
    ) throws -> Trainer {
        try Trainer(
            settings: settings, model: toyLanguageModel(), data: toyText(text),
            nowcaster: settings.nowcaster == "none" ? nil : toyNowcaster,
            folder: folder.map { RunFolder($0.path) }, start: start)
    }

    @Test func aToyTextIsLearnt() throws {
        let run = try trainer(toyTextSettings())
        try run.run()
        let evaluations = run.result.evaluations
        // A byte at random costs log 256 = 5.55; most letters here have one successor.
        #expect(evaluations[0].testLoss > 1.5)
        #expect(run.result.best! < 1)
        #expect(evaluations.allSatisfy { $0.perplexity == exp($0.testLoss) && $0.accuracy == nil })
        #expect(run.result.stepsToTarget == nil && run.result.steps == 60)
    }

    @Test func imagesHaveNoPerplexity() throws {
        let run = try Trainer(settings: toySettings(steps: 5), model: toyModel(), data: toyData())
        try run.run()
        #expect(run.result.evaluations.map(\.perplexity) == [nil])
    }

    @Test(arguments: [13, 20, 41]) func aResumedRunIsBitIdentical(pause: Int) throws {
        let whole = TemporaryFolder(), parts = TemporaryFolder()
        let settings = try toyTextSettings(nowcaster: "toy")
        let uninterrupted = try trainer(settings, in: whole)
        try uninterrupted.run()
        let first = try trainer(settings, in: parts)
        try first.run(until: pause)
        try first.save()
        #expect(first.weights != uninterrupted.weights)
        let second = try trainer(settings, in: parts, start: .resume)
        #expect(second.step == pause)
        try second.run()
        #expect(second.weights.map(\.bitPattern) == uninterrupted.weights.map(\.bitPattern))
        #expect(second.result.evaluations.map(\.testLoss) == uninterrupted.result.evaluations.map(\.testLoss))
    }

    @Test func aCheckpointOfAnotherTextIsRefused() throws {
        let folder = TemporaryFolder()
        _ = try trainer(toyTextSettings(), in: folder)
        var other = toyText()
        other[1234] ^= 1
        let error = #expect(throws: TrainingError.self) {
            try trainer(toyTextSettings(), text: other, in: folder, start: .resume)
        }
        guard case .otherRun(_, let differences) = error, differences.map(\.key) == ["data"] else {
            Issue.record("expected otherRun, found \(String(describing: error))")
            return
        }
        _ = try trainer(toyTextSettings(), in: folder, start: .resume)
    }

    @Test func aVocabularyWithoutEveryByteIsRefused() throws {
        #expect(throws: TrainingError.tooFewLogits(task: "text", expected: 256, found: 255)) {
            try Trainer(settings: toyTextSettings(), model: toyLanguageModel(vocabulary: 255), data: toyText(toyText()))
        }
        _ = try Trainer(settings: toyTextSettings(), model: toyLanguageModel(vocabulary: 300), data: toyText(toyText()))
    }

    @Test func choicesThatATaskHasNoUseForAreRefused() throws {
        func refused(_ task: String, _ choice: TaskDescription.DataChoice) throws -> String? {
            do {
                _ = try TaskDescription.named(task).loadData(choice, for: toyLanguageModel())
                return nil
            } catch TrainingError.invalidSetting(let flag, _, _) {
                return flag
            }
        }
        let folder = TemporaryFolder()
        let file = folder.write(toyText(), to: "t")
        #expect(try refused("fm-16", .init(text: "f")) == "--text")
        #expect(try refused("fm-vit", .init(context: 8)) == "--context")
        #expect(try refused("text", .init(folder: "d", text: "f")) == "--data")
        #expect(try refused("text", .init()) == "--text")
        #expect(try refused("text", .init(text: file)) == nil)
    }
}
