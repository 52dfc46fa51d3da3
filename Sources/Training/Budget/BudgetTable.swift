import Foundation

/// The outcome of the budget protocol: for every task and budget the methods, and their averages, with mean and
/// standard error of the metric at the end.
public struct BudgetTable: Sendable {
    /// One method, or one average of its weights, at one budget.
    public struct Row: Codable, Sendable, Equatable {
        public let task: String
        public let method: String
        public let budget: Int
        public let metric: Metric
        /// One value a seed, in the order of the seeds; nil for a run that diverged or is not done.
        public var values: [Double?]
        /// Whether the run of a seed is done.
        public var isDone: [Bool]
        /// What the learning rate of the task was multiplied by.
        public let factor: Double
        /// Forward and backward passes, one of each a step that takes a gradient; mean of the runs that came so far.
        public var passes: Double
        /// Forward passes on training batches in searches, mean of the same.
        public var searchPasses: Double
        /// Wall time of training, searches included and evaluations too, mean of the same.
        public var seconds: Double
        /// Runs that these are means of.
        fileprivate var costs = 0

        private enum CodingKeys: String, CodingKey {
            case task, method, budget, metric, values, isDone, factor, passes, searchPasses, seconds
        }

        /// `5000`, or `4901 + 2480 forward` where there were searches.
        public var passesText: String {
            let (both, forward) = (Int(passes.rounded()), Int(searchPasses.rounded()))
            return forward == 0 ? "\(both)" : "\(both) + \(forward) forward"
        }

        public init(
            task: String, method: String, budget: Int, metric: Metric, values: [Double?], factor: Double,
            passes: Double = 0, searchPasses: Double = 0, seconds: Double = 0
        ) {
            (self.task, self.method, self.budget, self.metric) = (task, method, budget, metric)
            (self.values, self.factor) = (values, factor)
            isDone = values.map { $0 != nil }
            (self.passes, self.searchPasses, self.seconds) = (passes, searchPasses, seconds)
        }

        fileprivate mutating func add(_ cost: Evaluation) {
            costs += 1
            func mean(_ old: Double, _ new: Double) -> Double { old + (new - old) / Double(costs) }
            passes = mean(passes, Double(cost.step - cost.nowcasts))
            searchPasses = mean(searchPasses, Double(cost.searchPasses ?? 0))
            seconds = mean(seconds, cost.seconds)
        }

        /// The value of a seed for people.
        public func text(ofSeed place: Int) -> String {
            values[place].map(metric.text) ?? (isDone[place] ? "diverged" : "–")
        }

        public var isComplete: Bool { values.allSatisfy { $0 != nil } }

        public var mean: Double? {
            isComplete ? values.reduce(0) { $0 + $1! } / Double(values.count) : nil
        }

        /// Of the mean, from the sample's standard deviation; nil for fewer than two seeds.
        public var standardError: Double? {
            guard let mean, values.count > 1 else { return nil }
            let squares = values.reduce(0) { $0 + ($1! - mean) * ($1! - mean) }
            return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
        }
    }

    public let budgets: [Int]
    public let seeds: [UInt64]
    /// What learning rates were multiplied by in the tuning.
    public let factors: [Double]
    public private(set) var rows: [Row] = []

    public init(budgets: [Int], seeds: [UInt64], factors: [Double]) {
        (self.budgets, self.seeds, self.factors) = (budgets, seeds, factors)
    }

    /// Takes the metric of the weights, or of every average of them, at step `budget` of a run.
    ///
    /// - Parameter factor: what the learning rate of the task was multiplied by.
    mutating func add(
        _ result: RunResult, at budget: Int, task: String, method: String, judged: JudgedWeights, factor: Double
    ) {
        let evaluation = result.evaluations.last { $0.step == budget }
        let isBad = result.divergedAtStep.map { $0 <= budget } ?? false
        for (title, value) in judged.values(in: evaluation, result.metric) {
            insert(
                isBad ? nil : value, seed: result.seed, cost: evaluation,
                Row(
                    task: task, method: title.map { "\(method), \($0)" } ?? method, budget: budget,
                    metric: result.metric, values: Array(repeating: nil, count: seeds.count), factor: factor))
        }
    }

    private mutating func insert(_ value: Double?, seed: UInt64, cost: Evaluation?, _ empty: Row) {
        guard let place = seeds.firstIndex(of: seed) else { return }
        func isSame(_ row: Row) -> Bool {
            row.task == empty.task && row.method == empty.method && row.budget == empty.budget
        }
        let index = rows.firstIndex(where: isSame) ?? rows.count
        if index == rows.count { rows.append(empty) }
        rows[index].values[place] = value
        rows[index].isDone[place] = true
        if let cost { rows[index].add(cost) }
    }

    /// Adds the rows of other methods or tasks.
    mutating func append(_ other: BudgetTable) {
        rows += other.rows
    }

    /// In the order of the plan.
    public var tasks: [String] { rows.map(\.task).distinct() }

    /// The rows of a task and budget, best first; those that are not complete last.
    public func ranked(task: String, budget: Int) -> [Row] {
        func rank(_ row: Row) -> Double {
            row.mean.map { row.metric.higherIsBetter ? -$0 : $0 } ?? .infinity
        }
        return rows.filter { $0.task == task && $0.budget == budget }.sorted { rank($0) < rank($1) }
    }

    /// Says which methods took the lowest or the highest factor, beyond which may be better ones; nil if none did.
    public func cutOff(task: String, budget: Int) -> String? {
        guard let lowest = factors.min(), let highest = factors.max(), lowest < highest else { return nil }
        let sentences = [("lowest", lowest), ("highest", highest)].compactMap { name, factor -> String? in
            let methods = ranked(task: task, budget: budget).filter { $0.factor == factor }.map(\.method)
            guard !methods.isEmpty else { return nil }
            let rate = String(format: "×%g", factor)
            return "The \(name) rate that was tried, \(rate), was the best of: \(methods.joined(separator: "; "))."
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ") + " Beyond it may be better ones."
    }
}
