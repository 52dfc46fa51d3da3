import Foundation
import NeuralGraphs
import Nowcasting
import Tensors
import Testing
import Training

/// Tests/Fixtures/training_optimizers.json: what the authors' and PyTorch's implementations do with given gradients;
/// see training_optimizers.py beside it.
private struct Reference: Decodable {
    let shapes: [String: [Int]]
    let initial: [Float]
    let gradients: [[Float]]
    let weights: [String: [Float]]
    let schedules: [String: [Double]]

    static let names = ["wide", "tall", "bias", "kernel", "table"]

    var parameters: ParameterList { ParameterList(Self.names.map { ($0, shapes[$0]!) }) }

    static func load() throws -> Reference {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../Fixtures/training_optimizers.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }
}

/// Largest difference by the largest entry.
private func difference(_ found: [Float], _ expected: [Float]) -> Float {
    zip(found, expected).map { abs($0 - $1) }.max()! / expected.map(abs).max()!
}

@Suite struct TrainingOptimizerTests {
    private func make(_ name: String, _ parameters: ParameterList, rate: Double? = nil) -> any TrainingOptimizer {
        let adamW = AdamW(count: parameters.count, learningRate: rate ?? 0.01, weightDecay: 0.1)
        return switch name {
        case "muon": Muon(parameters, tables: ["table"], learningRate: rate ?? 0.02, weightDecay: 0.1)
        case "lookahead": Lookahead(adamW, count: parameters.count)
        case "snoo": SNOO(adamW, count: parameters.count, interval: 4)
        default:
            ScheduleFreeAdamW(
                count: parameters.count, learningRate: rate ?? 0.01, weightDecay: 0.1, warmup: 5)
        }
    }

    private func run(
        _ optimizer: inout any TrainingOptimizer, _ reference: Reference, steps: Range<Int>, _ weights: Tensor
    ) {
        for step in steps {
            let gradient = reference.gradients[step]
            optimizer.step(weights, gradients: Tensor(shape: [gradient.count], values: gradient))
        }
    }

    /// Measured: 2e-7 for the AdamW family, 1e-6 for Muon. Tolerance 1e-5 of the largest entry.
    @Test(arguments: ["muon", "schedule_free_trained", "lookahead", "snoo"])
    func weightsFollowTheReference(name: String) throws {
        let reference = try Reference.load()
        var optimizer = make(name, reference.parameters)
        let weights = Tensor(shape: [reference.initial.count], values: reference.initial)
        run(&optimizer, reference, steps: reference.gradients.indices, weights)
        let expected = try #require(reference.weights[name])
        let found = difference(weights.array, expected)
        print("\(name): largest difference \(found)")
        #expect(found < 1e-5)

        var other = make(name, reference.parameters, rate: 0.011)
        let twin = Tensor(shape: [reference.initial.count], values: reference.initial)
        run(&other, reference, steps: reference.gradients.indices, twin)
        #expect(difference(twin.array, expected) > 1e-4)
    }

    @Test func scheduleFreeEvaluatesItsAverage() throws {
        let reference = try Reference.load()
        var optimizer = make("schedule_free", reference.parameters)
        let weights = Tensor(shape: [reference.initial.count], values: reference.initial)
        #expect(optimizer.evaluationWeights(weights) == nil)
        run(&optimizer, reference, steps: reference.gradients.indices, weights)
        let average = try #require(optimizer.evaluationWeights(weights)).array
        let expected = try #require(reference.weights["schedule_free"])
        #expect(difference(average, expected) < 1e-5)
        #expect(difference(weights.array, expected) > 1e-3)
    }

    @Test(arguments: ["muon", "schedule_free", "lookahead", "snoo"])
    func aRestoredOptimizerGoesOnAsIfNothingHadHappened(name: String) throws {
        let reference = try Reference.load()
        var whole = make(name, reference.parameters)
        let weights = Tensor(shape: [reference.initial.count], values: reference.initial)
        run(&whole, reference, steps: 0..<12, weights)

        for pause in [0, 6] {
            var first = make(name, reference.parameters), second = make(name, reference.parameters)
            let again = Tensor(shape: [reference.initial.count], values: reference.initial)
            run(&first, reference, steps: 0..<pause, again)
            try second.restore(first.savedState)
            run(&second, reference, steps: pause..<12, again)
            #expect(again.array == weights.array)
        }
        #expect(throws: NowcastError.self) { try whole.restore(SavedOptimizerState()) }
    }

    /// Steps would write beyond the end of the weights, or count beyond what an integer holds.
    @Test(arguments: ["lookahead", "snoo"]) func aStateOfOtherWeightsIsNotRestored(name: String) throws {
        let reference = try Reference.load()
        let count = reference.initial.count
        var first = make(name, reference.parameters), second = make(name, reference.parameters)
        run(&first, reference, steps: 0..<6, Tensor(shape: [count], values: reference.initial))
        var longer = first.savedState, counted = first.savedState
        longer.tensors["outer_slow"] = Tensor(shape: [count + 1])
        counted.counters["step"] = Int.max
        let shape = NowcastError.savedTensorShape(name: "outer_slow", expected: [count], found: [count + 1])
        #expect(throws: shape) { try second.restore(longer) }
        let number = NowcastError.savedNumber(name: "step", expected: "at most 1000000000000", found: "\(Int.max)")
        #expect(throws: number) { try second.restore(counted) }
    }

    @Test func schedulesFollowTransformers() throws {
        let reference = try Reference.load()
        #expect(Set(reference.schedules.keys) == Set(ScheduleKind.allCases.map(\.rawValue)))
        for kind in ScheduleKind.allCases {
            let schedule = kind.make(warmup: 3, steps: 20)
            let expected = try #require(reference.schedules[kind.rawValue])
            for (step, factor) in expected.enumerated() {
                #expect(abs(schedule.factor(at: step) - factor) < 1e-12, "\(kind) at \(step)")
            }
            let other = kind.make(warmup: 4, steps: 20)
            #expect(expected.indices.contains { abs(other.factor(at: $0) - expected[$0]) > 1e-3 })
        }
    }

    @Test func muonMakesMatricesOrthogonal() throws {
        let parameters = ParameterList([("m", [5, 8])])
        var optimizer = Muon(parameters, learningRate: 1, momentum: 0, weightDecay: 0)
        let weights = Tensor(shape: [40])
        var random = SeededRandom(seed: 4, purpose: .trials)
        let gradient = Tensor(shape: [40], values: (0..<40).map { _ in Float(random.normal()) })
        optimizer.step(weights, gradients: gradient)
        // Rows of the update have products near 0 and lengths near 0.2 √8; its singular values lie in 0.7 … 1.2.
        let update = weights.array.map { $0 / Float(0.2 * 8.0.squareRoot()) }
        for i in 0..<5 {
            for j in 0..<5 {
                let product = (0..<8).reduce(Float(0)) { $0 + update[i * 8 + $1] * update[j * 8 + $1] }
                #expect(abs(product - (i == j ? 1 : 0)) < 0.5)
            }
        }
    }

    /// Matrices alone, and none of them: the part without weights has nothing to keep.
    @Test(arguments: [[5, 8], [40]]) func muonOfOneKindOfWeightsIsRestored(shape: [Int]) throws {
        func fresh() -> Muon { Muon(ParameterList([("w", shape)]), learningRate: 0.1) }
        var random = SeededRandom(seed: 4, purpose: .trials)
        let gradient = Tensor(shape: [40], values: (0..<40).map { _ in Float(random.normal()) })
        let (whole, parts) = (Tensor(shape: [40]), Tensor(shape: [40]))
        var (first, second) = (fresh(), fresh())
        for _ in 0..<2 { first.step(whole, gradients: gradient) }
        var begun = fresh()
        begun.step(parts, gradients: gradient)
        try second.restore(begun.savedState)
        second.step(parts, gradients: gradient)
        #expect(whole.array == parts.array)
        let kept = shape.count == 2 ? ["momentum_buffer"] : ["exp_avg", "exp_avg_sq"]
        #expect(begun.savedState.tensors.keys.sorted() == kept)
    }

    @Test func namesAreChecked() throws {
        #expect(try OptimizerKind.named("muon") == .muon)
        #expect(throws: TrainingError.unknownSchedule("step", known: ["constant", "linear", "cosine", "wsd"])) {
            try ScheduleKind.named("step")
        }
        #expect(throws: TrainingError.unknownOuterStep("diloco", known: ["lookahead", "snoo"])) {
            try OuterStepKind.named("diloco")
        }
        #expect(try AverageKind(named: "ema:0.99") == .exponential(decay: 0.99))
        #expect(try AverageKind(named: "lawa:8") == .latest(count: 8))
        for name in ["ema", "ema:1", "ema:x", "lawa:1", "lawa:8.5", "swa:3", ""] {
            #expect(throws: TrainingError.self) { try AverageKind(named: name) }
        }
    }
}
