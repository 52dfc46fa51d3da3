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
        /// What the learning rate of the task was multiplied by.
        public let factor: Double
        /// Forward and backward passes, one of each a step that takes a gradient; mean of the seeds.
        public var passes: Double
        /// Forward passes on training batches in searches, mean of the seeds.
        public var searchPasses: Double
        /// Wall time of training, searches included and evaluations too, mean of the seeds.
        public var seconds: Double

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
            (self.passes, self.searchPasses, self.seconds) = (passes, searchPasses, seconds)
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
    public private(set) var rows: [Row] = []

    public init(budgets: [Int], seeds: [UInt64]) {
        (self.budgets, self.seeds) = (budgets, seeds)
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
        guard let cost else { return }
        let share = 1 / Double(seeds.count)
        rows[index].passes += share * Double(cost.step - cost.nowcasts)
        rows[index].searchPasses += share * Double(cost.searchPasses ?? 0)
        rows[index].seconds += share * cost.seconds
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

    /// Markdown: one table a task and budget, best first.
    public var text: String {
        tasks.flatMap { task in budgets.map { table(task, $0) } }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func table(_ task: String, _ budget: Int) -> String {
        let own = ranked(task: task, budget: budget)
        guard let metric = own.first?.metric else { return "" }
        let lines = own.map { row in
            let mean = row.mean.map(metric.text) ?? "–"
            let error = row.standardError.map { "± " + metric.text($0) } ?? ""
            let values = row.values.map { $0.map(metric.text) ?? "diverged" }.joined(separator: " / ")
            let factor = String(format: "%g", row.factor)
            return "| \(row.method) | ×\(factor) | \(mean) \(error) | \(values) | \(row.passesText) "
                + "| \(Int(row.seconds.rounded())) s |"
        }
        return """
            \(task), \(budget) steps, \(metric.title):

            | method | rate | mean | seeds \(seeds.map(String.init).joined(separator: " / ")) | passes | wall time |
            |---|---|---|---|---|---|
            \(lines.joined(separator: "\n"))

            """
    }

    /// The same with one line a row, for other programs.
    public var csv: String {
        let header =
            "task,method,budget,metric,factor,mean,standard_error,passes,search_passes,seconds,"
            + seeds.map { "seed_\($0)" }
            .joined(separator: ",")
        let lines = rows.map { row in
            let measured = [row.mean, row.standardError, row.passes, row.searchPasses, row.seconds] + row.values
            let numbers = measured.map { $0.map { "\($0)" } ?? "" }
            return ["\(row.task)", "\"\(row.method)\"", "\(row.budget)", row.metric.rawValue, "\(row.factor)"]
                .joined(separator: ",") + "," + numbers.joined(separator: ",")
        }
        return ([header] + lines).joined(separator: "\n") + "\n"
    }
}
