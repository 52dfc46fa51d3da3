import PluginHost
import Training

/// What the weights of a file come to on a task.
struct ModelJudgement {
    private let model: Model
    private let task: TaskDescription
    private let data: any DataSource

    init(_ task: TaskDescription, data: TaskDescription.DataChoice, config: String, common: CommonOptions) throws {
        (self.task, model) = (task, try common.model(config))
        self.data = try task.loadData(data, for: TrainableModel(model))
    }

    /// - Throws: as `WeightFile.load`; the errors of tracing.
    func score(_ path: String) throws -> (loss: Double, accuracy: Double?) {
        let state = try WeightFile.load(path, model: model)
        let judge = try WeightJudge(
            TrainableModel(model), data: data, task: task.name, buffers: state.buffers.mapValues(\.array))
        return try judge.judge(state.parameters)
    }
}
