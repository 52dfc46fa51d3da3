import NeuralGraphs

extension TrainingSettings {
    /// The base optimizer that the settings name, fresh: scheduled, and with its outer step.
    ///
    /// - Parameter tables: names of the matrices whose rows are looked up.
    func makeOptimizer(_ parameters: ParameterList, tables: Set<String>) -> any TrainingOptimizer {
        let warmup = warmup ?? 0
        let isScheduleFree = optimizer == .scheduleFree
        var made = optimizer.make(
            parameters, tables: tables, learningRate: learningRate, weightDecay: weightDecay,
            warmup: isScheduleFree ? warmup : 0)
        let schedule = schedule ?? .constant
        if !isScheduleFree, schedule != .constant || warmup > 0 {
            made = ScheduledOptimizer(made, schedule: schedule.make(warmup: warmup, steps: steps))
        }
        return outer?.wrap(made, count: parameters.count) ?? made
    }
}
