import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Training

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Train with several nowcasters side by side: steps to the target of each, with a report.",
        discussion:
            "All runs of a seed start from the same weights and see the same batches. With --save an interrupted "
            + "comparison goes on where it stopped."
    )

    @OptionGroup var training: TrainingOptions

    @Option(
        help:
            """
            Comma-separated: none (the base optimizer alone), nino (the checkpoint that ships), linefit, fitted \
            (a step fitted to itself), average (the mean of the five states), other checkpoints.
            """
    )
    var nowcasters = "\(RunResult.baseline),\(Checkpoint.pretrainedName)"

    @Option(help: "Comma-separated; one run of each nowcaster a seed. Default: --seed.")
    var seeds: String?

    @Flag(
        name: .customLong("match-baseline"),
        help: "Instead of --target: the best that the base optimizer alone comes to within --steps, for each seed.")
    var matchesBaseline = false

    @Option(
        help: ArgumentHelp(
            "Write report.html into this folder; with --protocol budget, table.md and table.csv too.", valueName: "dir")
    )
    var report: String?

    @Option(
        name: [.customLong("save"), .customLong("resume")],
        help: ArgumentHelp(
            "Keep the state of every run in this folder, and go on from what is there.", valueName: "dir"))
    var save: String?

    @Option(
        help: ArgumentHelp(
            """
            target (steps to a target) or budget (the metric at the end of fixed budgets, by the plan of --plan; \
            --jobs runs at a time).
            """, valueName: "protocol"))
    var `protocol` = ComparisonProtocol.target

    @Option(help: ArgumentHelp("What --protocol budget runs: docs/evidence.md.", valueName: "file"))
    var plan: String?

    @OptionGroup var jobs: JobOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (plan != nil) == (`protocol` == .budget) else {
            throw ValidationError("--protocol budget and --plan go together")
        }
        try refuseOptionsOfOtherProtocol()
        guard jobs.jobs == nil || `protocol` == .budget else {
            throw ValidationError("--jobs changes nothing with --protocol target: its runs follow one another")
        }
        guard `protocol` == .target || save != nil else {
            throw ValidationError("--protocol budget needs --save: its runs take long, and it goes on from there")
        }
        guard !(matchesBaseline && training.target != nil) else {
            throw ValidationError("give either --target or --match-baseline")
        }
    }

    /// What --protocol budget has a use for; all else stands in its plan.
    private static let budgetOptions = [
        "protocol", "plan", "save", "resume", "report", "jobs", "json", "plugin-path", "trust", "time-limit",
        "memory-limit", "threads", "quiet",
    ]

    private func refuseOptionsOfOtherProtocol() throws {
        guard `protocol` == .budget else { return }
        let given = CommandLineWords.options(CommandLine.arguments.dropFirst())
        guard let other = given.first(where: { !Self.budgetOptions.contains($0) }) else { return }
        throw ValidationError("--\(other) changes nothing with --protocol budget: what is trained says --plan")
    }

    private struct Line: Encodable {
        let nowcaster: String
        let seeds: [UInt64]
        let stepsToTarget: [Int?]
        let mean: Double
        let ratio: Double?
        let reached: Int
        let stepsPerSecond: Double
    }

    func run() throws {
        try common.apply()
        if let plan, let folder = save {
            return try BudgetComparison(
                common: common, planFile: plan, folder: folder, report: report, jobs: jobs.count
            ).run()
        }
        let seeds = try seedList()
        let settings = try training.settings(seed: seeds[0])
        if let report { try OutputFolder.make(report) }
        let (model, start, data) = try training.load(common)
        let contenders = try nowcasters.split(separator: ",").map { name in
            let choice = NowcasterChoice(String(name))
            let nowcaster = try choice.load(for: model)
            try training.requireHorizon(within: nowcaster, choice.label)
            return Comparison.Contender(label: choice.label, nowcaster: nowcaster)
        }
        let watch = InterruptWatch()
        let progress = ComparisonProgress(settings, isShown: !common.quiet && !common.json)
        let comparison = try Comparison(
            settings: settings, seeds: seeds, contenders: contenders, model: start, data: data,
            matchesBaseline: matchesBaseline, folder: save,
            onTurn: { progress.show($0) })
        let isComplete = try comparison.run(cancellation: watch.cancellation)
        progress.end()
        try show(comparison.results)
        if let report, !comparison.results.isEmpty {
            let path = try Reporting.write(comparison.results, settings, of: model, to: report)
            if !common.json { Output.line("report: \(path)") }
        }
        guard isComplete else {
            if let save { Output.note("stopped; the same command goes on from \(save)") }
            throw Failure.interrupted
        }
    }

    private func seedList() throws -> [UInt64] {
        guard let seeds else { return [common.seed] }
        return try seeds.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let seed = UInt64(text.trimmingCharacters(in: .whitespaces)) else {
                throw InputError("--seeds: expected whole numbers separated by commas, found \"\(text)\"")
            }
            return seed
        }
    }

    private func show(_ results: [RunResult]) throws {
        guard !results.isEmpty else { return }
        let table = ComparisonTable(RunResult.withAverages(results))
        guard common.json else {
            return table.lines(width: Terminal.output.width).forEach { Output.line($0) }
        }
        for row in table.rows {
            try Output.json(
                Line(
                    nowcaster: row.nowcaster, seeds: table.seeds,
                    stepsToTarget: row.cells.map { $0?.reached == true ? $0?.steps : nil },
                    mean: row.mean, ratio: row.ratio, reached: row.reachedCount, stepsPerSecond: row.stepsPerSecond))
        }
    }
}

/// How runs are judged.
enum ComparisonProtocol: String, CaseIterable, ExpressibleByArgument {
    case target, budget
}
