import Foundation
import Presentation

/// What the budget protocol found as one self-contained HTML page: for every task and budget which method ends best,
/// a picture of all of them with their errors, and the numbers.
public struct BudgetReport: Sendable {
    public let table: BudgetTable
    public let plan: BudgetPlan
    /// Where the numbers come from: models, date, version, command, machine.
    public let facts: [(name: String, value: String)]

    public init(_ table: BudgetTable, plan: BudgetPlan, facts: [(name: String, value: String)] = []) {
        (self.table, self.plan, self.facts) = (table, plan, facts)
    }

    /// The whole page.
    public var html: String {
        let title = "Which way to train ends best: \(table.tasks.joined(separator: ", "))"
        let parts = table.tasks.flatMap { task in
            table.budgets.compactMap { section(task, budget: $0) }
        }
        let content = [
            element("h1", [:], escaped(title)), element("p", [:], escaped(introduction)),
            parts.isEmpty ? element("p", [:], "No run is finished.") : parts.joined(separator: "\n"),
            element("h2", [:], "Settings"), settingsTable(settings + facts), data,
        ]
        return Page(title: title, content: content.joined(separator: "\n")).html
    }

    private var introduction: String {
        "Every method trains from the same seeds to the end of each budget and is judged there, on the whole "
            + "evaluation set. Its learning rate was chosen before, in shorter runs of another seed. Averages are "
            + "read off the runs of their method."
    }

    private func section(_ task: String, budget: Int) -> String? {
        let rows = table.ranked(task: task, budget: budget)
        guard let metric = rows.first?.metric else { return nil }
        let title = "\(task): \(metric.title) after \(grouped: budget) steps"
        let plot = RangePlot(title: title, rows: rows.map { plotted($0, metric) }) { metric.text($0) }
        let caption =
            table.seeds.count > 1
            ? "Squares: mean and standard error over \(table.seeds.count) seeds; dots: each seed. Best first."
            : "One seed: no error is known. Best first."
        return [
            element("h2", [:], escaped(title)), element("p", [:], escaped(verdict(rows, metric))),
            element(
                "figure", [:],
                scrolling(plot.svg, label: "Chart: \(title)", isChart: true)
                    + element("figcaption", [:], escaped(caption))),
            numbers(rows, metric, title),
            table.cutOff(task: task, budget: budget).map { element("p", [:], escaped($0)) } ?? "",
        ].joined(separator: "\n")
    }

    /// Which method is ahead, and which cannot be told from it.
    private func verdict(_ rows: [BudgetTable.Row], _ metric: Metric) -> String {
        guard let best = rows.first, let mean = best.mean else { return "No method has finished all seeds." }
        let lead = "\(best.method) ends best, at \(valueText(best, metric))."
        guard let error = best.standardError else { return lead }
        let close = rows.dropFirst().filter { row in
            guard let other = row.mean, let second = row.standardError else { return false }
            return abs(other - mean) <= (error * error + second * second).squareRoot()
        }
        guard !close.isEmpty else { return "\(lead) All others are more than a standard error of the difference away." }
        return "\(lead) Within a standard error of the difference: \(close.map(\.method).joined(separator: "; "))."
    }

    private func plotted(_ row: BudgetTable.Row, _ metric: Metric) -> RangePlot.Row {
        RangePlot.Row(
            label: row.method, values: row.values.compactMap { $0 }, mean: row.mean, error: row.standardError ?? 0,
            text: "\(row.method): \(valueText(row, metric)); seeds \(seedTexts(row, metric).joined(separator: ", "))")
    }

    private func valueText(_ row: BudgetTable.Row, _ metric: Metric) -> String {
        guard let mean = row.mean else { return "–" }
        return metric.text(mean) + (row.standardError.map { " ± \(metric.text($0))" } ?? "")
    }

    private func seedTexts(_ row: BudgetTable.Row, _ metric: Metric) -> [String] {
        row.values.indices.map(row.text(ofSeed:))
    }

    private func numbers(_ rows: [BudgetTable.Row], _ metric: Metric, _ title: String) -> String {
        let titles = ["method", "rate", "mean"] + table.seeds.map { "seed \($0)" } + ["passes", "wall time"]
        let head = titles.map { element("th", ["scope": "col"], escaped($0)) }.joined()
        let body = rows.map { row in
            let cells =
                [String(format: "×%g", row.factor), valueText(row, metric)] + seedTexts(row, metric)
                + [row.passesText, "\(grouped: Int(row.seconds.rounded())) s"]
            return element(
                "tr", [:],
                element("th", ["scope": "row"], escaped(row.method))
                    + cells.map { element("td", [:], escaped($0)) }.joined())
        }
        let markup =
            element("thead", [:], element("tr", [:], head)) + element("tbody", [:], body.joined(separator: "\n"))
        return scrolling(element("table", [:], markup), label: "Numbers: \(title)")
    }

    private var settings: [(name: String, value: String)] {
        let factors = plan.tuning.factors.map { String(format: "×%g", $0) }.joined(separator: ", ")
        return [
            ("tasks", plan.tasks.map(\.name).joined(separator: ", ")),
            ("methods", plan.methods.map(\.name).joined(separator: ", ")),
            ("budgets", plan.budgets.map { "\(grouped: $0)" }.joined(separator: "; ") + " steps"),
            ("seeds", plan.seeds.map(String.init).joined(separator: ", ")),
            (
                "learning rates",
                "\(factors) of the task's, \(grouped: plan.tuning.steps) steps, seed \(plan.tuning.seed)"
            ),
        ]
    }

    private var data: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let manifest = (try? encoder.encode(plan)) ?? Data()
        return downloads([
            download("table (CSV)", file: "table.csv", type: "text/csv", bytes: table.csv.utf8),
            download("plan (JSON)", file: "plan.json", type: "application/json", bytes: manifest),
        ])
    }
}
