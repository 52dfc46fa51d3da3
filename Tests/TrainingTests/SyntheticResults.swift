import Foundation
import TestSupport
import Training

/// A run whose accuracy rises towards the target as 0.93 - 0.35 exp(-speed * step / budget), with noise.
func syntheticResult(
    nowcaster: String, seed: UInt64, speed: Double, target: Double = 0.895, budget: Int = 10_000,
    nowcastEvery: Int? = nil
) -> RunResult {
    var generator = SeededGenerator(seed: seed &+ UInt64(nowcaster.count))
    var evaluations: [Evaluation] = []
    var stepsToTarget: Int?
    for step in stride(from: 50, through: budget, by: 50) where stepsToTarget == nil {
        let progress = 0.905 - 0.25 * exp(-speed * 0.0008 * Double(step)) - 0.08 / (1 + Double(step) / 400)
        let accuracy = progress + 0.006 * Double.random(in: -1...1, using: &generator)
        let loss = 1 - accuracy
        evaluations.append(
            Evaluation(
                step: step, loss: loss, testLoss: loss, accuracy: accuracy, seconds: Double(step) / 50, nowcasts: 0))
        if accuracy >= target { stepsToTarget = step }
    }
    let steps = stepsToTarget ?? budget
    let nowcasts = nowcastEvery.map { Array(stride(from: $0, through: steps, by: $0)) } ?? []
    return RunResult(
        task: "fm-16", nowcaster: nowcaster, seed: seed, metric: .accuracy, target: target, budget: budget,
        stepsToTarget: stepsToTarget, best: evaluations.compactMap(\.accuracy).max(), steps: steps,
        seconds: Double(steps) / 50,
        nowcastSteps: nowcasts, jumpSteps: nowcasts, evaluations: evaluations)
}
