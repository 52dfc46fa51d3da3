import Nowcasting
import Tensors

/// An optimizer whose learning rate follows a schedule over its own updates; nowcast steps are none.
struct ScheduledOptimizer: TrainingOptimizer {
    private var base: any TrainingOptimizer
    private let schedule: any LearningRateSchedule
    private var updates = 0
    /// The peak.
    var learningRate: Double

    init(_ base: any TrainingOptimizer, schedule: any LearningRateSchedule) {
        (self.base, self.schedule, learningRate) = (base, schedule, base.learningRate)
    }

    mutating func step(_ weights: Tensor, gradients: Tensor) {
        base.learningRate = learningRate * schedule.factor(at: updates)
        base.step(weights, gradients: gradients)
        updates += 1
    }

    func evaluationWeights(_ weights: Tensor) -> Tensor? { base.evaluationWeights(weights) }

    var savedState: SavedOptimizerState {
        var state = base.savedState
        state.counters["schedule_step"] = updates
        return state
    }

    mutating func restore(_ state: SavedOptimizerState) throws {
        let saved = try state.counter("schedule_step")
        try base.restore(state)
        updates = saved
    }
}
