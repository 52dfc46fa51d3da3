import Foundation
import Presentation

/// One self-contained HTML page about the runs of a task: chart, table, settings, data. No scripts, nothing loaded from
/// elsewhere; what depends on the machine stands in `facts` alone.
public struct Report: Sendable {
    /// Name of the file in the folder that the command line is given.
    public static let fileName = "report.html"

    public let results: [RunResult]
    /// Shown as they are, in order.
    public let settings: [(name: String, value: String)]
    /// How the baseline is called, for example `AdamW alone`.
    public let baselineName: String
    /// Where the runs come from: date, version, command, machine, size of the model.
    public let facts: [(name: String, value: String)]

    /// - Parameter results: of one task, at least one.
    public init(
        results: [RunResult], settings: [(name: String, value: String)], baselineName: String = "AdamW alone",
        facts: [(name: String, value: String)] = []
    ) {
        precondition(!results.isEmpty, "a report needs at least one run")
        self.results = results
        self.settings = settings
        self.baselineName = baselineName
        self.facts = facts
    }

    /// The whole page.
    public var html: String {
        let first = results[0]
        let table = ComparisonTable(shown)
        let names = self.names
        let targets = results.map(\.target).distinct()
        let goal =
            targets.count > 1
            ? "steps to the best of \(baselineName), "
            : first.metric.canReach(first.target) ? "steps to \(first.metric.text(first.target)) " : ""
        let title = "\(first.task): \(goal)\(first.metric.title)"
        let summary = summary(table, names: names)
        let chart = ConvergenceChart(results: shown, metric: first.metric, target: first.target, names: names)
        let picture = chart.svg(title: title, description: summary.joined(separator: " "))
        let content = """
            <h1>\(escaped(title))</h1>
            \(summary.map { element("p", [:], escaped($0)) }.joined(separator: "\n"))
            <figure>
            \(scrolling(picture, label: "Chart", isChart: true))
            <figcaption>\(escaped(caption))</figcaption>
            </figure>
            <h2>Steps to the target</h2>
            \(tableMarkup(table, names: names))
            \(jumpMarkup)
            <h2>Settings</h2>
            \(settingsTable(settings + facts))
            \(dataMarkup)
            """
        return Page(title: title, content: content).html
    }

    /// With what averages of the weights came to, which have lines and rows of their own.
    private var shown: [RunResult] { RunResult.withAverages(results) }

    private var names: [String: String] {
        let labels = shown.map(\.nowcaster)
        var names = displayNames(labels)
        for label in labels where label == RunResult.baseline || label.hasPrefix(RunResult.baseline + ",") {
            names[label] = baselineName + label.dropFirst(RunResult.baseline.count)
        }
        return names
    }

    /// One sentence a nowcaster.
    private func summary(_ table: ComparisonTable, names: [String: String]) -> [String] {
        let finished = table.rows.map { row in
            let count = row.cells.count { $0 != nil }
            let seeds = count == 1 ? "one seed" : "\(count) seeds"
            let name = names[row.nowcaster] ?? row.nowcaster
            guard row.reachedCount > 0 else {
                return "\(name) did not reach the target within \(grouped: results[0].budget) steps (\(seeds))."
            }
            let mean = "\(row.meanBound.words)\(grouped: Int(row.mean.rounded())) steps"
            let share =
                row.ratio.map { ", \(row.ratioBound.words)\($0 * 100, decimals: 1) % of \(baselineName)'s" } ?? ""
            let missed =
                row.reachedCount < count ? " (\(count - row.reachedCount) of \(count) runs did not reach it)" : ""
            return "\(name) needs \(mean)\(row.nowcaster == RunResult.baseline ? "" : share)"
                + "\(count > 1 ? ", mean over \(seeds)" : "")\(missed)."
        }
        let stopped = shown.filter { !$0.isFinished }.map { run in
            "\(names[run.nowcaster] ?? run.nowcaster), seed \(run.seed), was stopped after \(grouped: run.steps) "
                + "steps, before the target."
        }
        return finished + stopped
    }

    private var caption: String {
        let seeds = results.map(\.seed).distinct().count
        let lines =
            seeds > 1
            ? "Thin: each seed as measured. Thick: medians of \(ChartSeries.smoothing) evaluations, mean over seeds, "
                + "up to the step where the first of them stops."
            : "Thin: as measured. Thick: medians of \(ChartSeries.smoothing) evaluations."
        return
            "\(lines) A run stops at the first evaluation that reaches the target. Flags: mean steps to the target. "
            + "Values outside the range shown are cut off."
    }

    private func tableMarkup(_ table: ComparisonTable, names: [String: String]) -> String {
        let hasRatio = table.rows.contains { $0.ratio != nil }
        let header =
            ["nowcaster"] + table.seeds.map { "seed \($0)" } + ["mean"] + (hasRatio ? ["of \(baselineName)"] : [])
            + ["best \(results[0].metric.title)"]
        let head = header.map { element("th", ["scope": "col"], escaped($0)) }.joined()
        guard !table.rows.isEmpty else { return element("p", [:], "No run is finished.") }
        let labels = shown.map(\.nowcaster).distinct()
        let rows = table.rows.map { row in
            let index = labels.firstIndex(of: row.nowcaster) ?? 0
            let swatch = element(
                "span", ["class": "swatch \(ChartStyle.colourClass(index))", "aria-hidden": "true"], "")
            let name = element("th", ["scope": "row"], swatch + escaped(names[row.nowcaster] ?? row.nowcaster))
            let cells = row.cells.map { cell in
                element("td", ["class": cell?.reached == false ? "missed" : ""], escaped(cell?.text ?? "–"))
            }
            let best = row.meanBest.map { results[0].metric.text($0) } ?? "–"
            let means = ([row.meanText] + (hasRatio ? [row.ratioText] : []) + [best]).map {
                element("td", [:], escaped($0))
            }
            return element("tr", [:], name + (cells + means).joined())
        }
        let markup =
            element("thead", [:], element("tr", [:], head)) + element("tbody", [:], rows.joined(separator: "\n"))
        let note = table.note.map { element("p", ["class": "quiet"], escaped($0)) } ?? ""
        return scrolling(element("table", [:], markup), label: "Steps to the target") + note
    }

    /// What a jump is, where there are any.
    private var jumpMarkup: String {
        guard results.contains(where: { !$0.jumpSteps.isEmpty }) else { return "" }
        return element(
            "p", ["class": "quiet"],
            "A jump: the weights that the nowcaster predicted from the last five states took the place of those of "
                + "training, and the optimizer went on from there. It costs one step. With policy search a prediction "
                + "is taken only where the training loss falls; with schedule always.")
    }

    private var dataMarkup: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        var links = [download("evaluations (CSV)", file: "evaluations.csv", type: "text/csv", bytes: table.utf8)]
        // Times are the machine's, and stand with the facts.
        if !facts.isEmpty, let json = try? encoder.encode(results) {
            links.append(download("runs (JSON)", file: "runs.json", type: "application/json", bytes: json))
        }
        return downloads(links)
    }

    /// Every evaluation: one line each.
    private var table: String {
        let lines = shown.flatMap { run in
            run.evaluations.compactMap { evaluation in
                run.metric.value(of: evaluation).map { value in
                    "\"\(run.nowcaster.replacing("\"", with: "\"\""))\",\(run.seed),\(evaluation.step),\(value)\n"
                }
            }
        }
        return "nowcaster,seed,step,\(results[0].metric.rawValue)\n" + lines.joined()
    }
}
