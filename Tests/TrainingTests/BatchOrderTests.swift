import Tensors
import Testing
import Training

/// Counts how often each example is asked for.
private final class CountingSource: DataSource, @unchecked Sendable {
    let inner = toyData()
    private(set) var batches: [[Int]] = []

    var trainingCount: Int { inner.trainingCount }
    var evaluationCount: Int { inner.evaluationCount }
    var evaluationBatchSize: Int { inner.evaluationBatchSize }
    var labelCount: Int { inner.labelCount }
    func inputTypes(count: Int) -> [String: ValueType] { inner.inputTypes(count: count) }
    func evaluationBatch(_ examples: Range<Int>) -> [String: Value] { inner.evaluationBatch(examples) }
    func correctCount(logits: Tensor, batch: [String: Value]) -> Int? {
        inner.correctCount(logits: logits, batch: batch)
    }

    func trainingBatch(_ examples: ArraySlice<Int>) -> [String: Value] {
        batches.append(Array(examples))
        return inner.trainingBatch(examples)
    }
}

private func batches(seed: UInt64, steps: Int, nowcaster: RunNowcaster? = nil) throws -> [[Int]] {
    let source = CountingSource()
    let settings = try toySettings(nowcaster: nowcaster == nil ? "none" : "toy", seed: seed, steps: steps)
    try Trainer(settings: settings, model: toyModel(), data: source, nowcaster: nowcaster).run()
    return source.batches
}

@Suite struct BatchOrderTests {
    @Test func everyEpochIsAPermutationWithAPartialLastBatch() throws {
        // 50 examples in batches of 16: 16, 16, 16, 2.
        let all = try batches(seed: 1, steps: 8)
        #expect(all.map(\.count) == [16, 16, 16, 2, 16, 16, 16, 2])
        #expect(all[0..<4].flatMap { $0 }.sorted() == Array(0..<50))
        #expect(all[4..<8].flatMap { $0 }.sorted() == Array(0..<50))
        #expect(all[0..<4] != all[4..<8])
    }

    @Test func theOrderDependsOnTheSeedAlone() throws {
        let first = try batches(seed: 1, steps: 8)
        #expect(try batches(seed: 1, steps: 8) == first)
        #expect(try batches(seed: 2, steps: 8) != first)
    }

    @Test func aNowcasterDoesNotShiftTheBatches() throws {
        let alone = try batches(seed: 1, steps: 24)
        let nowcast = try batches(seed: 1, steps: 24, nowcaster: toyNowcaster)
        #expect(nowcast == Array(alone[..<19] + alone[20...]))
    }
}
