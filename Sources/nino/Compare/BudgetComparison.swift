import Checkpoints
import Foundation
import PluginHost
import Training

/// `nino compare --protocol budget`: runs a plan, shows where it is, and writes its table.
struct BudgetComparison {
    let common: CommonOptions
    let planFile: String
    let folder: String
    /// Where table.md and table.csv go; nil for `folder`.
    let report: String?

    /// - Throws: what loading, training and writing throw; `Failure.interrupted` after Ctrl-C.
    func run() throws {
        let plan = try BudgetPlan(contentsOf: planFile)
        let watch = InterruptWatch()
        let isSilent = common.quiet || common.json
        var shown = ""
        let comparison = BudgetProtocol(plan, folder: folder, problem: problem) { now in
            let run = "\(now.task), \(now.method), \(now.purpose)"
            guard !isSilent, run != shown else { return }
            shown = run
            Output.note("\(now.doneRuns) of \(now.allRuns) runs done; now \(run)")
        }
        let isComplete = try comparison.run(cancellation: watch.cancellation)
        try show(comparison.table)
        guard isComplete else {
            Output.note("stopped; the same command goes on from \(folder)")
            throw Failure.interrupted
        }
    }

    private func show(_ table: BudgetTable) throws {
        if common.json {
            for row in table.rows { try Output.json(row) }
        } else {
            Output.line(table.text)
        }
        let place = report ?? folder
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try AtomicFile.write(table.text, to: "\(place)/table.md")
        try AtomicFile.write(table.csv, to: "\(place)/table.csv")
    }

    private func problem(_ task: BudgetPlan.Task, _ start: BudgetPlan.Start?) throws -> BudgetProtocol.Problem {
        let description = try TaskDescription.named(task.task)
        let model = try common.model(task.config ?? description.configuration)
        let trainable = TrainableModel(model)
        let choice = TaskDescription.DataChoice(
            folder: task.data, text: start?.text ?? task.text, classes: start.map(\.classes) ?? task.classes)
        return BudgetProtocol.Problem(
            description: description, model: trainable, data: try description.loadData(choice, for: trainable),
            nowcaster: { try NowcasterChoice($0).load(for: model) })
    }
}
