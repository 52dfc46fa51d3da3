import Foundation
import NeuralGraphs
import Tensors
import TestSupport
import Training

/// Images of 4 x 4 in three classes, each class bright in its own third of the pixels, with noise.
func toyImages(_ count: Int, seed: UInt64) -> LabelledImages {
    var generator = SeededGenerator(seed: seed)
    let labels = (0..<count).map { _ in UInt8.random(in: 0..<3, using: &generator) }
    let pixels = labels.flatMap { label in
        (0..<16).map { pixel in UInt8(pixel % 3 == Int(label) ? 120 : 60) + UInt8.random(in: 0..<100, using: &generator)
        }
    }
    return LabelledImages(height: 4, width: 4, pixels: pixels, labels: labels)
}

/// 50 images to train on, 40 to evaluate with, in batches of 16: two shapes of each.
func toyData(_ count: Int = 50) -> ImageClassification {
    ImageClassification(
        training: toyImages(count, seed: 1), evaluation: toyImages(40, seed: 2), mean: 0.4, standardDeviation: 0.2,
        evaluationBatchSize: 16)
}

/// A linear classifier of the toy images, traced by hand.
func toyModel(configuration: String = "{\"toy\":1}", scale: Float = 0.1) -> TrainableModel {
    let parameters = ParameterList([("weight", [3, 16]), ("bias", [3])])
    return TrainableModel(
        configuration: configuration, parameters: parameters,
        initialParameters: { seed in
            var random = SeededRandom(seed: seed, purpose: .initialWeights)
            return (0..<parameters.count).map { _ in random.uniform(in: -scale...scale) }
        },
        trace: { inputs in
            let count = inputs["pixels"]!.shape[0]
            var program = Program()
            let pixels = try program.input("pixels", .float32, [count, 1, 4, 4])
            let labels = try program.input("labels", .int64, [count])
            let weight = try program.parameter("weight", [3, 16])
            let bias = try program.parameter("bias", [3])
            let flat = try program.apply("reshape", [pixels], ["shape": .integers([count, 16])])
            let logits = try program.apply("linear", [flat, weight, bias])
            let loss = try program.apply("crossEntropy", [logits, labels])
            try program.output("logits", logits)
            try program.output("loss", loss)
            return program
        })
}

/// A short run that no target stops.
func toySettings(nowcaster: String = "none", seed: UInt64 = 1, steps: Int = 60) throws -> TrainingSettings {
    var settings = TrainingSettings(task: try TaskDescription.named("fm-16"), nowcaster: nowcaster, seed: seed)
    settings.target = 2
    settings.batchSize = 16
    settings.steps = steps
    settings.period = 20
    settings.policy = .schedule
    settings.evaluationInterval = 5
    settings.weightDecay = 0.01
    return settings
}

/// The line fit: a nowcaster that needs neither graph nor checkpoint.
let toyNowcaster = RunNowcaster(.lineFit, graph: nil, identity: "toy")

/// Collects what it is told.
final class Recorder: TrainingObserver {
    private(set) var events: [TrainingEvent] = []
    /// Called for each event.
    var onEvent: (TrainingEvent) -> Void = { _ in }

    func observe(_ event: TrainingEvent, of settings: TrainingSettings) {
        events.append(event)
        onEvent(event)
    }
}
