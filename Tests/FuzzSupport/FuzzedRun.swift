import Checkpoints
import NeuralGraphs
import Tensors
import TestSupport
import Training

/// A run that is short enough to be made for a test, and what it leaves to be taken up from.
enum FuzzedRun {
    /// `checkpoint.safetensors` of a run that was stopped after a step.
    static let checkpoint: [UInt8] = {
        let folder = TemporaryFolder()
        guard let trainer = try? trainer(in: folder, .fresh), (try? trainer.run(until: 2)) != nil,
            (try? trainer.save()) != nil
        else { preconditionFailure("the run is a right one") }
        return TemporaryFolder.bytes(of: folder + "run/checkpoint.safetensors")
    }()

    /// Takes up the run of a folder and goes on with it to its end.
    static func resume(in folder: TemporaryFolder) throws {
        try trainer(in: folder, .resume).run()
    }

    private static func trainer(in folder: TemporaryFolder, _ start: Trainer.Start) throws -> Trainer {
        var settings = TrainingSettings(task: try TaskDescription.named("fm-16"), nowcaster: "none", seed: 1)
        // No target that a run could reach.
        settings.target = 2
        (settings.batchSize, settings.steps, settings.evaluationInterval) = (2, 4, 2)
        return try Trainer(
            settings: settings, model: model, data: data, folder: RunFolder(folder + "run"), start: start)
    }

    static var data: ImageClassification {
        let images = LabelledImages(height: 2, width: 2, pixels: (0..<16).map { $0 * 15 }, labels: [0, 1, 0, 1])
        return ImageClassification(
            training: images, evaluation: images, mean: 0.4, standardDeviation: 0.2, evaluationBatchSize: 4)
    }

    static var model: TrainableModel {
        let parameters = ParameterList([("weight", [2, 4])])
        return TrainableModel(
            configuration: "{}", parameters: parameters, initialParameters: { _ in (0..<8).map { Float($0) / 10 } },
            trace: { inputs in
                let count = inputs["pixels"]!.shape[0]
                var program = Program()
                let pixels = try program.input("pixels", .float32, [count, 1, 2, 2])
                let labels = try program.input("labels", .int64, [count])
                let weight = try program.parameter("weight", [2, 4])
                let flat = try program.apply("reshape", [pixels], ["shape": .integers([count, 4])])
                let logits = try program.apply("linear", [flat, weight])
                try program.output("logits", logits)
                try program.output("loss", try program.apply("crossEntropy", [logits, labels]))
                return program
            })
    }
}
