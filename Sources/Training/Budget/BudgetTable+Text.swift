import Foundation

/// The table for people and for other programs.
extension BudgetTable {
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
            let values = row.values.indices.map(row.text(ofSeed:)).joined(separator: " / ")
            let factor = String(format: "%g", row.factor)
            return "| \(row.method) | ×\(factor) | \(mean) \(error) | \(values) | \(row.passesText) "
                + "| \(Int(row.seconds.rounded())) s |"
        }
        return """
            \(task), \(budget) steps, \(metric.title):

            | method | rate | mean | seeds \(seeds.map(String.init).joined(separator: " / ")) | passes | wall time |
            |---|---|---|---|---|---|
            \(lines.joined(separator: "\n"))
            \(cutOff(task: task, budget: budget).map { "\n\($0)\n" } ?? "")
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
            let names = [row.task, row.method].map { "\"\($0.replacing("\"", with: "\"\""))\"" }
            return (names + ["\(row.budget)", row.metric.rawValue, "\(row.factor)"] + numbers).joined(separator: ",")
        }
        return ([header] + lines).joined(separator: "\n") + "\n"
    }
}
