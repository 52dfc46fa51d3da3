/// Where a run is, weights and moments apart.
struct RunState: Codable, Equatable {
    /// Completed steps.
    var step = 0
    /// Wall time of all sessions so far.
    var seconds = 0.0
    /// Training losses since the last evaluation.
    var lossSum = 0.0
    var lossCount = 0
    /// For each nowcast, the steps completed once it was made.
    var nowcastSteps: [Int] = []
    /// Those of them that took the place of the weights.
    var jumpSteps: [Int] = []
    /// Forward passes on training batches that searches took; nil before the first, and in states that do not know.
    var searchPasses: Int?
    var evaluations: [Evaluation] = []

    enum CodingKeys: String, CodingKey {
        case step, seconds, evaluations
        case lossSum = "loss_sum"
        case lossCount = "loss_count"
        case nowcastSteps = "nowcast_steps"
        case jumpSteps = "jump_steps"
        case searchPasses = "search_passes"
    }

    /// The first evaluation that reached the target.
    func stepsToTarget(_ settings: TrainingSettings) -> Int? {
        evaluations.first { evaluation in
            settings.metric.value(of: evaluation).map { settings.metric.reaches(settings.target, with: $0) } ?? false
        }?.step
    }

    func result(_ settings: TrainingSettings) -> RunResult {
        let values = evaluations.compactMap(settings.metric.value)
        return RunResult(
            task: settings.task, nowcaster: settings.nowcaster, seed: settings.seed, metric: settings.metric,
            target: settings.target, budget: settings.steps, stepsToTarget: stepsToTarget(settings),
            best: values.dropFirst().reduce(values.first) { best, value in
                best.map { settings.metric.better($0, value) }
            },
            steps: step, seconds: seconds, nowcastSteps: nowcastSteps, jumpSteps: jumpSteps, evaluations: evaluations)
    }
}
