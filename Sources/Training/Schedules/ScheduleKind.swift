/// The schedules by the names of `--schedule`.
public enum ScheduleKind: String, Codable, Sendable, CaseIterable {
    case constant, linear, cosine, wsd

    /// - Throws: `unknownSchedule` with the names that are known.
    public static func named(_ name: String) throws(TrainingError) -> ScheduleKind {
        guard let kind = ScheduleKind(rawValue: name) else {
            throw .unknownSchedule(name, known: allCases.map(\.rawValue))
        }
        return kind
    }

    /// As people write it.
    public var title: String {
        switch self {
        case .constant: "constant"
        case .linear: "linear to zero"
        case .cosine: "cosine"
        case .wsd: "WSD"
        }
    }

    /// - Parameter steps: updates of the whole run.
    public func make(warmup: Int, steps: Int) -> any LearningRateSchedule {
        let warmup = Warmup(steps: warmup)
        return switch self {
        case .constant: ConstantSchedule(warmup: warmup)
        case .linear: LinearSchedule(warmup: warmup, steps: steps)
        case .cosine: CosineSchedule(warmup: warmup, steps: steps)
        case .wsd: WarmupStableDecaySchedule(warmup: warmup, steps: steps)
        }
    }
}
