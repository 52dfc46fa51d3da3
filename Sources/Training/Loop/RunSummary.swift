/// The outcome of a run in a few numbers, as JSON with null for what there is not.
public struct RunSummary: Encodable, Sendable, Equatable {
    private let result: RunResult

    init(result: RunResult) {
        self.result = result
    }

    private enum CodingKeys: String, CodingKey {
        case task, nowcaster, seed, metric, target, best, steps, seconds, nowcasts, jumps
        case stepsToTarget = "steps_to_target"
        case divergedAtStep = "diverged_at_step"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(result.task, forKey: .task)
        try container.encode(result.nowcaster, forKey: .nowcaster)
        try container.encode(result.seed, forKey: .seed)
        try container.encode(result.metric, forKey: .metric)
        try container.encode(result.target, forKey: .target)
        try container.encode(result.stepsToTarget, forKey: .stepsToTarget)
        try container.encode(result.best, forKey: .best)
        try container.encode(result.steps, forKey: .steps)
        try container.encode(result.seconds, forKey: .seconds)
        try container.encode(result.nowcastSteps.count, forKey: .nowcasts)
        try container.encode(result.jumpSteps.count, forKey: .jumps)
        try container.encodeIfPresent(result.divergedAtStep, forKey: .divergedAtStep)
    }
}
