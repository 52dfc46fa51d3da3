import Checkpoints
import Foundation
import PluginHost
import Presentation
import Training

/// `nino compare --protocol budget`: runs a plan, shows where it is, and writes its table and report.
struct BudgetComparison {
    let common: CommonOptions
    let planFile: String
    let folder: String
    /// Where report.html, table.md and table.csv go; nil for `folder`.
    let report: String?
    /// Runs at the same time.
    let jobs: Int

    /// - Throws: what loading, training and writing throw; `Failure.interrupted` after Ctrl-C.
    func run() throws {
        let plan = try BudgetPlan(contentsOf: planFile)
        if let report { try OutputFolder.make(report) }
        let watch = InterruptWatch()
        let status = StatusLine(isShown: !common.quiet && !common.json)
        let comparison = BudgetProtocol(plan, folder: folder, problem: { try problem($0, $1, of: plan) }) { now in
            status.update {
                [
                    "run \(min(now.doneRuns + 1, now.allRuns)) of \(now.allRuns)", "\(now.task), \(now.method)",
                    now.purpose, "step \(now.step)/\(now.steps)",
                ]
            }
        }
        try comparison.check()
        let isComplete = try comparison.run(jobs: jobs, cancellation: watch.cancellation)
        status.end()
        try show(comparison.table, plan)
        guard isComplete else {
            Output.note("stopped; the same command goes on from \(folder)")
            throw Failure.interrupted
        }
    }

    private func show(_ table: BudgetTable, _ plan: BudgetPlan) throws {
        if common.json {
            for row in table.rows { try Output.json(row) }
        } else {
            Output.line(table.text)
        }
        let place = report ?? folder
        try OutputFolder.make(place)
        try AtomicFile.write(table.text, to: "\(place)/table.md")
        try AtomicFile.write(table.csv, to: "\(place)/table.csv")
        let page = BudgetReport(table, plan: plan, facts: try facts(plan)).html
        try AtomicFile.write(page, to: "\(place)/\(Report.fileName)")
        if !common.json { Output.line("report: \(place)/\(Report.fileName)") }
    }

    private func facts(_ plan: BudgetPlan) throws -> [(name: String, value: String)] {
        try plan.tasks.map { task in
            let model = try common.model(task.config ?? TaskDescription.named(task.task).configuration)
            return ("model of \(task.name)", "\(model.title), \(grouped: model.parameters.count) parameters")
        } + Provenance(version: HostVersion.text).rows
    }

    private func problem(
        _ task: BudgetPlan.Task, _ start: BudgetPlan.Start?, of plan: BudgetPlan
    ) throws -> BudgetProtocol.Problem {
        let key = "tasks[\(plan.tasks.firstIndex { $0.name == task.name } ?? 0)]"
        let description = try TaskDescription.named(task.task)
        let model = try at("\(key).config") { try common.model(task.config ?? description.configuration) }
        let trainable = TrainableModel(model)
        let choice = TaskDescription.DataChoice(
            folder: task.data, text: start?.text ?? task.text, tokenizer: task.tokenizer,
            classes: start.map(\.classes) ?? task.classes)
        return BudgetProtocol.Problem(
            description: description, model: trainable,
            data: try at(start == nil ? key : "\(key).start") { try description.loadData(choice, for: trainable) },
            nowcaster: { name in
                let number = plan.methods.firstIndex { $0.nowcaster == name } ?? 0
                return try at("methods[\(number)].nowcaster") { try NowcasterChoice(name).load(for: model) }
            })
    }

    /// What goes wrong there is said with the plan's file and key; an option is a key of it.
    private func at<Result>(_ key: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch TrainingError.invalidSetting(let name, let allowed, let found) where name.hasPrefix("--") {
            throw TrainingError.invalidSetting(
                name: "\(planFile): \(key).\(name.dropFirst(2))", allowed: allowed, found: found)
        } catch let error where Failure.status(of: error) == 2 {
            throw InputError("\(planFile): \(key): \(error)")
        }
    }
}
