/// How one run ended, and the way there.
public struct RunResult: Codable, Sendable, Equatable {
    public var task: String
    /// The nowcaster's label; `none` for the base optimizer alone.
    public var nowcaster: String
    public var seed: UInt64
    public var metric: Metric
    public var target: Double
    /// Steps that the run was allowed.
    public var budget: Int
    /// Steps completed at the first evaluation that reached the target; nil if none did.
    public var stepsToTarget: Int?
    /// Best value of the metric in any evaluation; nil without evaluations.
    public var best: Double?
    /// Completed steps.
    public var steps: Int
    public var seconds: Double
    /// For each nowcast, the steps completed once it was made.
    public var nowcastSteps: [Int]
    /// Those of them that took the place of the weights.
    public var jumpSteps: [Int]
    public var evaluations: [Evaluation]
    /// The step whose loss was no number any more; nil for a run that did not diverge.
    public var divergedAtStep: Int?

    public init(
        task: String, nowcaster: String, seed: UInt64, metric: Metric, target: Double, budget: Int, stepsToTarget: Int?,
        best: Double?, steps: Int, seconds: Double, nowcastSteps: [Int], jumpSteps: [Int], evaluations: [Evaluation],
        divergedAtStep: Int? = nil
    ) {
        self.task = task
        self.nowcaster = nowcaster
        self.seed = seed
        self.metric = metric
        self.target = target
        self.budget = budget
        self.stepsToTarget = stepsToTarget
        self.best = best
        self.steps = steps
        self.seconds = seconds
        self.nowcastSteps = nowcastSteps
        self.jumpSteps = jumpSteps
        self.evaluations = evaluations
        self.divergedAtStep = divergedAtStep
    }

    enum CodingKeys: String, CodingKey {
        case task, nowcaster, seed, metric, target, budget, best, steps, seconds, evaluations
        case stepsToTarget = "steps_to_target"
        case nowcastSteps = "nowcast_steps"
        case jumpSteps = "jump_steps"
        case divergedAtStep = "diverged_at_step"
    }

    /// False for a run that was stopped: it may still reach its target within the budget.
    public var isFinished: Bool {
        stepsToTarget != nil || steps >= budget || divergedAtStep != nil
    }

    /// The outcome without the way there: the last JSON object that `train` prints.
    public var summary: RunSummary { RunSummary(result: self) }
}
