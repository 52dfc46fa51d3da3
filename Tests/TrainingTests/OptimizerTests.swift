import Foundation
import Nowcasting
import Tensors
import Testing
import Training

/// Tests/Fixtures/optimizers.json: trajectories of torch.optim on given gradients; see optimizers.py beside it.
private struct Fixture: Decodable {
    struct Case: Decodable {
        let optimizer: String
        let arguments: [String: Double]
        let weights: [Float]
        let moments: [[Float]]
    }

    let initial: [Float]
    let gradients: [[Float]]
    let cases: [Case]

    static func load() throws -> Fixture {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../Fixtures/optimizers.json")
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    }
}

private func make(_ name: String, _ arguments: [String: Double], count: Int) -> any BaseOptimizer {
    if name == "AdamW" {
        return AdamW(
            count: count, learningRate: arguments["lr"]!, beta1: arguments["beta1"]!, beta2: arguments["beta2"]!,
            epsilon: arguments["eps"]!, weightDecay: arguments["weight_decay"]!)
    }
    return StochasticGradientDescent(
        count: count, learningRate: arguments["lr"]!, momentum: arguments["momentum"]!,
        weightDecay: arguments["weight_decay"]!)
}

private func moments(_ optimizer: any BaseOptimizer) -> [String: [Float]] {
    optimizer.savedState.tensors.mapValues(\.array)
}

private func largestDifference(_ found: [Float], _ expected: [Float]) -> Float {
    zip(found, expected).map { abs($0 - $1) }.max()! / expected.map(abs).max()!
}

@Suite struct OptimizerTests {
    /// Tolerance: 1e-6 of the largest entry; the fixture's header says what was measured and why it is not zero.
    @Test func optimizersFollowTheReference() throws {
        let fixture = try Fixture.load()
        for item in fixture.cases {
            var optimizer = make(item.optimizer, item.arguments, count: fixture.initial.count)
            let weights = Tensor(shape: [fixture.initial.count], values: fixture.initial)
            for gradient in fixture.gradients {
                optimizer.step(weights, gradients: Tensor(shape: [gradient.count], values: gradient))
            }
            let difference = largestDifference(weights.array, item.weights)
            print("\(item.optimizer) \(item.arguments["lr"]!): largest difference \(difference)")
            #expect(difference < 1e-6)
            for (found, expected) in zip(optimizer.savedState.tensors.sorted { $0.key < $1.key }, item.moments) {
                #expect(found.value.array.map(\.bitPattern) == expected.map(\.bitPattern))
            }
        }
    }

    @Test func adamWWithoutBiasCorrectionOrDecayMissesTheReference() throws {
        let fixture = try Fixture.load()
        let item = fixture.cases[0]
        for change in [["beta2": 0.99], ["weight_decay": 0], ["eps": 1e-3]] {
            var optimizer = make("AdamW", item.arguments.merging(change) { $1 }, count: fixture.initial.count)
            let weights = Tensor(shape: [fixture.initial.count], values: fixture.initial)
            for gradient in fixture.gradients {
                optimizer.step(weights, gradients: Tensor(shape: [gradient.count], values: gradient))
            }
            #expect(largestDifference(weights.array, item.weights) > 1e-6)
        }
    }

    @Test(arguments: [OptimizerKind.adamW, .stochasticGradientDescent])
    func aRestoredOptimizerGoesOnAsIfNothingHadHappened(kind: OptimizerKind)
        throws
    {
        let fixture = try Fixture.load()
        let count = fixture.initial.count
        func fresh() -> any BaseOptimizer {
            kind == .adamW
                ? AdamW(count: count, learningRate: 0.01) : StochasticGradientDescent(count: count, learningRate: 0.01)
        }
        let weights = Tensor(shape: [count], values: fixture.initial)
        let gradient = Tensor(shape: [count], values: fixture.gradients[0])
        var whole = fresh()
        for _ in 0..<6 { whole.step(weights, gradients: gradient) }

        let again = Tensor(shape: [count], values: fixture.initial)
        var first = fresh(), second = fresh()
        for _ in 0..<3 { first.step(again, gradients: gradient) }
        try second.restore(first.savedState)
        for _ in 0..<3 { second.step(again, gradients: gradient) }
        #expect(again.array == weights.array && moments(second) == moments(whole))
        #expect(moments(first) != moments(whole))
    }

    @Test func aStateOfAnotherSizeIsRefused() throws {
        var optimizer = AdamW(count: 3, learningRate: 0.1)
        #expect(throws: NowcastError.savedTensorShape(name: "exp_avg", expected: [3], found: [2])) {
            try optimizer.restore(AdamW(count: 2, learningRate: 0.1).savedState)
        }
        #expect(throws: NowcastError.savedTensorMissing(name: "exp_avg")) {
            try optimizer.restore(StochasticGradientDescent(count: 3, learningRate: 0.1).savedState)
        }
    }

    @Test func optimizersAreFoundByName() throws {
        #expect(try OptimizerKind.named("adamw") == .adamW)
        #expect(throws: TrainingError.unknownOptimizer("adam", known: ["adamw", "sgd", "muon", "schedulefree"])) {
            try OptimizerKind.named("adam")
        }
    }
}
