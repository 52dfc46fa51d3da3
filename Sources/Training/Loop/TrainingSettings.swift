import Nowcasting

/// All that decides the numbers of a run besides its data and its model: equal settings give equal runs, bit by bit.
public struct TrainingSettings: Codable, Sendable, Equatable {
    public var task: String
    public var metric: Metric
    /// Training stops at the first evaluation that reaches it.
    public var target: Double
    public var optimizer: OptimizerKind
    /// Nil, as in runs of earlier versions, for `constant`.
    public var schedule: ScheduleKind?
    /// Updates over which the learning rate rises from zero; nil for none.
    public var warmup: Int?
    /// Nil for none.
    public var outer: OuterStepKind?
    /// Averages of the weights that every evaluation judges too; nil for none. The training does not know of them.
    public var averages: [AverageKind]?
    /// The peak, with a schedule.
    public var learningRate: Double
    public var weightDecay: Double
    public var batchSize: Int
    /// Budget in optimizer steps, nowcast steps included.
    public var steps: Int
    /// Steps in which five states are recorded.
    public var period: Int
    /// States that the first nowcast looks ahead, or as many as the nowcaster can if that is less; later ones look less
    /// far. With `NowcastPolicy.search`, the most that any looks ahead. Nil for as many as it can.
    public var firstHorizon: Int?
    /// What the nowcaster sees. Nil, as without one, for what it was trained on.
    public var states: StateKind?
    /// Nil, as without a nowcaster, for `NowcastPolicy.standard`.
    public var policy: NowcastPolicy?
    public var evaluationInterval: Int
    /// The nowcaster's label; `none` for the base optimizer alone.
    public var nowcaster: String
    public var seed: UInt64

    /// The defaults of a task.
    public init(task: TaskDescription, nowcaster: String = RunResult.baseline, seed: UInt64) {
        self.task = task.name
        metric = task.metric
        target = task.target
        optimizer = .adamW
        learningRate = task.learningRate
        weightDecay = task.weightDecay
        batchSize = task.batchSize
        steps = task.steps
        period = HorizonSchedule.standardPeriod
        firstHorizon = task.firstHorizon
        evaluationInterval = task.evaluationInterval
        self.nowcaster = nowcaster
        self.seed = seed
    }

    enum CodingKeys: String, CodingKey {
        case task, metric, target, optimizer, schedule, warmup, outer, averages, steps, period, states, policy,
            nowcaster, seed
        case learningRate = "learning_rate"
        case weightDecay = "weight_decay"
        case batchSize = "batch_size"
        case firstHorizon = "first_horizon"
        case evaluationInterval = "evaluation_interval"
    }

    /// - Throws: `invalidSetting` naming the flag, what is allowed and what was found.
    public func validate() throws(TrainingError) {
        for (name, value) in [("--steps", steps), ("--eval-every", evaluationInterval)] {
            try SettingBounds.require(value, name, in: SettingBounds.steps, "decades of training here")
        }
        if let warmup, warmup < 0 || warmup > steps {
            throw .invalidSetting(name: "--warmup", allowed: "0 … --steps (\(steps))", found: "\(warmup)")
        }
        if optimizer == .scheduleFree, let schedule, schedule != .constant {
            throw .invalidSetting(
                name: "--schedule", allowed: "constant with --optimizer schedulefree", found: schedule.rawValue)
        }
        if let averages, Set(averages).count != averages.count {
            throw .invalidSetting(
                name: "--averages", allowed: "each once", found: averages.map(\.name).joined(separator: ","))
        }
        try SettingBounds.require(
            batchSize, "--batch", in: 1...(1 << 20), "beyond what the memory of a machine holds of activations")
        try SettingBounds.require(
            period, "--period", in: 5...SettingBounds.steps.upperBound, "a step for each state; decades of training")
        if let firstHorizon {
            try SettingBounds.require(
                firstHorizon, "--horizon", in: SettingBounds.horizons, "no state so far ahead has ever been predicted")
        }
        guard learningRate > 0, learningRate.isFinite else {
            throw .invalidSetting(name: "--lr", allowed: "a positive number", found: "\(learningRate)")
        }
        guard weightDecay >= 0, weightDecay.isFinite else {
            throw .invalidSetting(name: "weight decay", allowed: "a number of at least 0", found: "\(weightDecay)")
        }
        guard target.isFinite else {
            throw .invalidSetting(name: "--target", allowed: "a finite number", found: "\(target)")
        }
    }

    /// The options that change the settings of `list`; the others follow from the task.
    static let options = [
        "learning_rate": "--lr", "batch_size": "--batch", "first_horizon": "--horizon",
        "evaluation_interval": "--eval-every", "weight_decay": "the task's weight decay",
        "metric": "the task's metric",
    ]

    /// Where other settings differ, by the names of options.
    func differences(to expected: TrainingSettings, but free: Set<String> = []) -> [SettingDifference] {
        zip(list, expected.list).filter { $0.value != $1.value && !free.contains($0.name) }.map { own, other in
            SettingDifference(
                Self.options[own.name] ?? "--\(own.name)", found: own.value, expected: other.value)
        }
    }

    /// Name and value of each setting, for people and for messages. Keys as in JSON.
    public var list: [(name: String, value: String)] {
        [
            ("task", task), ("metric", metric.rawValue), ("target", metric.text(target)),
            ("optimizer", optimizer.rawValue),
            ("schedule", (schedule ?? .constant).rawValue), ("warmup", "\(warmup ?? 0)"),
            ("outer", outer?.rawValue ?? "none"),
            ("averages", (averages ?? []).isEmpty ? "none" : averages!.map(\.name).joined(separator: ",")),
            ("learning_rate", "\(learningRate)"), ("weight_decay", "\(weightDecay)"), ("batch_size", "\(batchSize)"),
            ("steps", "\(steps)"), ("period", "\(period)"),
            ("first_horizon", firstHorizon.map(String.init) ?? "the longest"),
            ("policy", (policy ?? .standard).rawValue),
            ("states", states?.rawValue ?? "as the nowcaster was trained on"),
            ("evaluation_interval", "\(evaluationInterval)"),
            ("nowcaster", nowcaster), ("seed", "\(seed)"),
        ]
    }
}
