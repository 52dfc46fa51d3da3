import Tensors

/// What a model comes to with given weights, on the evaluation set of a task.
public final class WeightJudge {
    private let runner: ModelRunner
    private let data: any DataSource

    /// - Parameter buffers: by name; those of a fresh model for names that are not there.
    /// - Throws: `modelDoesNotFit`, `tooFewLogits`; the errors of tracing.
    public init(_ model: TrainableModel, data: any DataSource, task: String, buffers: [String: [Float]] = [:]) throws {
        try model.check(fits: data, task: task)
        runner = ModelRunner(model, seed: 0)
        self.data = data
        for (name, tensor) in runner.buffers {
            if let values = buffers[name] { _ = tensor.values.update(fromContentsOf: values) }
        }
    }

    /// - Parameter weights: shape [parameters].
    /// - Returns: mean loss, and the share of right predictions where the task counts them.
    public func judge(_ weights: Tensor) throws -> (loss: Double, accuracy: Double?) {
        try runner.withWeights(weights) { try runner.evaluate(on: data) }
    }
}
