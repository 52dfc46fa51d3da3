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
        /// Wall time of training, searches included and evaluations too, mean of the seeds.
        public var seconds: Double

        public init(
            task: String, method: String, budget: Int, metric: Metric, values: [Double?], factor: Double,
            seconds: Double
        ) {
            (self.task, self.method, self.budget, self.metric) = (task, method, budget, metric)
            (self.values, self.factor, self.seconds) = (values, factor, seconds)
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
    private var factors: [String: Double] = [:]

    public init(budgets: [Int], seeds: [UInt64]) {
        (self.budgets, self.seeds) = (budgets, seeds)
    }

    mutating func choose(_ factor: Double, task: String, method: String) {
        factors["\(task)/\(method)"] = factor
    }

    /// Takes the metric of the weights, and of every average, at step `budget` of a run.
    mutating func add(_ result: RunResult, at budget: Int, task: String, method: String) {
        let evaluation = result.evaluations.last { $0.step == budget }
        let isBad = result.divergedAtStep.map { $0 <= budget } ?? false
        let own = isBad ? nil : evaluation.flatMap(result.metric.value)
        add(own, result, budget, task, method, method, evaluation)
        for (name, score) in (evaluation?.averages ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let kind = try? AverageKind(named: name) else { continue }
            let value = result.metric == .accuracy ? score.accuracy : score.testLoss
            add(value, result, budget, task, method, "\(method), \(kind.title)", evaluation)
        }
    }

    private mutating func add(
        _ value: Double?, _ result: RunResult, _ budget: Int, _ task: String, _ method: String, _ title: String,
        _ evaluation: Evaluation?
    ) {
        guard let seed = seeds.firstIndex(of: result.seed) else { return }
        let share = (evaluation?.seconds ?? result.seconds) / Double(seeds.count)
        if let index = rows.firstIndex(where: { $0.task == task && $0.method == title && $0.budget == budget }) {
            rows[index].values[seed] = value
            rows[index].seconds += share
            return
        }
        var values = [Double?](repeating: nil, count: seeds.count)
        values[seed] = value
        rows.append(
            Row(
                task: task, method: title, budget: budget, metric: result.metric, values: values,
                factor: factors["\(task)/\(method)"] ?? 1, seconds: share))
    }

    /// Markdown: one table a task and budget, best first.
    public var text: String {
        let tasks = rows.map(\.task).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return tasks.flatMap { task in budgets.map { table(task, $0) } }.filter { !$0.isEmpty }
            .joined(separator: "\n")
    }

    private func table(_ task: String, _ budget: Int) -> String {
        let own = rows.filter { $0.task == task && $0.budget == budget }
        guard let metric = own.first?.metric else { return "" }
        func rank(_ row: Row) -> Double {
            row.mean.map { metric.higherIsBetter ? -$0 : $0 } ?? .infinity
        }
        let lines = own.sorted { rank($0) < rank($1) }.map { row in
            let mean = row.mean.map(metric.text) ?? "–"
            let error = row.standardError.map { "± " + metric.text($0) } ?? ""
            let values = row.values.map { $0.map(metric.text) ?? "diverged" }.joined(separator: " / ")
            let factor = String(format: "%g", row.factor)
            return "| \(row.method) | ×\(factor) | \(mean) \(error) | \(values) | \(Int(row.seconds.rounded())) s |"
        }
        return """
            \(task), \(budget) steps, \(metric.title):

            | method | rate | mean | seeds \(seeds.map(String.init).joined(separator: " / ")) | wall time |
            |---|---|---|---|---|
            \(lines.joined(separator: "\n"))

            """
    }

    /// The same with one line a row, for other programs.
    public var csv: String {
        let header =
            "task,method,budget,metric,factor,mean,standard_error,seconds,"
            + seeds.map { "seed_\($0)" }
            .joined(separator: ",")
        let lines = rows.map { row in
            let numbers: [String] =
                [row.mean, row.standardError, row.seconds].map { $0.map { "\($0)" } ?? "" }
                + row.values.map { $0.map { "\($0)" } ?? "" }
            return ["\(row.task)", "\"\(row.method)\"", "\(row.budget)", row.metric.rawValue, "\(row.factor)"]
                .joined(separator: ",") + "," + numbers.joined(separator: ",")
        }
        return ([header] + lines).joined(separator: "\n") + "\n"
    }
}
