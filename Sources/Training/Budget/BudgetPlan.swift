import Foundation
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
            self = try JSONText.decode(from: text, file: file, form: Self.form)
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
        let check = PlanCheck(place: "\(file): ")
        for (key, names) in [("tasks", tasks.map(\.name)), ("methods", methods.map(\.name))] {
            try check.different(key, names, "names")
            for (index, name) in names.enumerated() {
                let isFolder = !name.isEmpty && !name.hasPrefix(".") && !name.contains("/")
                try check("\(key)[\(index)].name", isFolder, "a name without / and leading dots", name)
            }
        }
        try check.different("budgets", budgets, "numbers of steps")
        try check.different("seeds", seeds, "numbers")
        try check.different("tuning.factors", tuning.factors, "positive numbers") { $0 > 0 && $0.isFinite }
        let lengths =
            budgets.enumerated().map { ("budgets[\($0)]", $1) } + [("tuning.steps", tuning.steps)]
            + tasks.enumerated().compactMap { index, task in
                task.start.map { ("tasks[\(index)].start.steps", $0.steps) }
            }
        for (key, steps) in lengths {
            try check(key, (1...10_000_000).contains(steps), "1 … 10,000,000", "\(steps)")
        }
        try check("tuning.seed", !seeds.contains(tuning.seed), "a seed that the table does not use", "\(tuning.seed)")
        for (index, task) in tasks.enumerated() { try task.validate(PlanCheck(place: "\(file): tasks[\(index)].")) }
        for (index, method) in methods.enumerated() {
            try method.validate(PlanCheck(place: "\(file): methods[\(index)]."))
        }
    }
}

/// Refuses the value of a key unless it is right.
private struct PlanCheck {
    /// What stands before the key in messages.
    let place: String

    func callAsFunction(
        _ key: String, _ isRight: Bool, _ allowed: String, _ found: String
    ) throws(TrainingError) {
        guard isRight else { throw .invalidSetting(name: place + key, allowed: allowed, found: found) }
    }

    /// Of a list: at least one, and none twice.
    func different<Value: Hashable>(
        _ key: String, _ values: [Value], _ kind: String, _ isRight: (Value) -> Bool = { _ in true }
    ) throws(TrainingError) {
        let areRight = !values.isEmpty && Set(values).count == values.count && values.allSatisfy(isRight)
        try self(key, areRight, "different \(kind), one at least", "\(values)")
    }
}

extension BudgetPlan.Task {
    fileprivate func validate(_ check: PlanCheck) throws(TrainingError) {
        if let batch { try check("batch", (1...(1 << 20)).contains(batch), "1 … \(1 << 20)", "\(batch)") }
        if let lr { try check("lr", lr > 0 && lr.isFinite, "a positive number", String(format: "%g", lr)) }
    }
}

extension BudgetPlan.Method {
    fileprivate func validate(_ check: PlanCheck) throws(TrainingError) {
        if let warmup {
            try check("warmup", (0...1).contains(warmup), "a share from 0 to 1", String(format: "%g", warmup))
        }
        let kind = schedule ?? .constant
        try check(
            "schedule", optimizer != .scheduleFree || kind == .constant, "constant with optimizer schedulefree",
            kind.rawValue)
        let averages = averages ?? []
        try check(
            "averages", Set(averages).count == averages.count, "each once",
            averages.map(\.name).joined(separator: ", "))
    }
}
