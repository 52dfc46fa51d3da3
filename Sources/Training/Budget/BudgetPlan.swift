import JSONText

/// What the budget protocol runs: a manifest in JSON, which makes the same table again. Form: docs/evidence.md.
public struct BudgetPlan: Codable, Sendable, Equatable {
    /// One problem, by a name of its own.
    public struct Task: Codable, Sendable, Equatable {
        public var name: String
        /// Of `TaskDescription`.
        public var task: String
        /// Another model than the task's.
        public var config: String?
        /// A text file, for tasks that learn one.
        public var text: String?
        /// A `tokenizer.json` for it; nil for bytes.
        public var tokenizer: String?
        /// Folder of the data set; nil for its usual places.
        public var data: String?
        /// Learn and judge these classes only.
        public var classes: [Int]?
        public var batch: Int?
        /// The rate that `factors` multiply; nil for the task's.
        public var lr: Double?
        /// Fine-tune from here; nil for fresh weights.
        public var start: Start?
    }

    /// A run whose last weights others start from.
    public struct Start: Codable, Sendable, Equatable {
        public var classes: [Int]?
        public var text: String?
        public var steps: Int
        public var seed: UInt64
    }

    /// One way to train. Its averages are read off the same runs, as rows of their own.
    public struct Method: Codable, Sendable, Equatable {
        public var name: String
        public var optimizer: OptimizerKind?
        public var schedule: ScheduleKind?
        /// Share of the budget.
        public var warmup: Double?
        public var outer: OuterStepKind?
        public var averages: [AverageKind]?
        /// As `--nowcaster`; nil for none.
        public var nowcaster: String?

        /// True if a run of a longer budget passes through the end of a shorter one.
        public var isBudgetFree: Bool { (schedule ?? .constant) == .constant && (warmup ?? 0) == 0 }
    }

    /// How each method finds its learning rate: the best of these factors at the end of short runs of another seed.
    public struct Tuning: Codable, Sendable, Equatable {
        public var seed: UInt64
        public var steps: Int
        public var factors: [Double]
    }

    public var tasks: [Task]
    public var methods: [Method]
    /// Steps at whose end a run is judged.
    public var budgets: [Int]
    public var seeds: [UInt64]
    public var tuning: Tuning

    /// - Throws: `cannotRead`, `json`; `invalidSetting` naming the key.
    public init(contentsOf file: String) throws(TrainingError) {
        let text = try readFile(file)
        do throws(JSONError) {
            self = try JSONText.decode(from: text, file: file)
        } catch {
            throw .json(error)
        }
        try validate(file)
    }

    /// Steps from one evaluation to the next, so that the end of every budget is one and there are no more than that
    /// takes: judging seven averages costs a run of fm-16 as much as two hundred steps of training.
    public static func evaluationInterval(_ steps: [Int]) -> Int {
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        return steps.reduce(0, divisor)
    }

    private func validate(_ file: String) throws(TrainingError) {
        func check(_ key: String, _ isRight: Bool, _ allowed: String, _ found: String) throws(TrainingError) {
            guard isRight else { throw .invalidSetting(name: "\(file): \(key)", allowed: allowed, found: found) }
        }
        let names = (tasks.map(\.name), methods.map(\.name))
        try check("tasks", !tasks.isEmpty && Set(names.0).count == tasks.count, "different names", "\(names.0)")
        try check("methods", !methods.isEmpty && Set(names.1).count == methods.count, "different names", "\(names.1)")
        for name in names.0 + names.1 {
            let isFolder = !name.isEmpty && !name.hasPrefix(".") && !name.contains("/")
            try check("name", isFolder, "a name without / and leading dots", name)
        }
        let lengths = budgets + [tuning.steps] + tasks.compactMap(\.start?.steps)
        try check(
            "budgets, steps", !budgets.isEmpty && lengths.allSatisfy { (1...10_000_000).contains($0) },
            "1 … 10,000,000", "\(lengths)")
        try check("seeds", !seeds.isEmpty && Set(seeds).count == seeds.count, "different numbers", "\(seeds)")
        try check("tuning.seed", !seeds.contains(tuning.seed), "a seed that the table does not use", "\(tuning.seed)")
        try check(
            "tuning.factors", !tuning.factors.isEmpty && tuning.factors.allSatisfy { $0 > 0 && $0.isFinite },
            "positive numbers", "\(tuning.factors)")
    }
}
