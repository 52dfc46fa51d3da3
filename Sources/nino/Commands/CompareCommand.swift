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

    @OptionGroup var common: CommonOptions
    @OptionGroup var training: TrainingOptions

    @Option(
        help:
            """
            Comma-separated: none (the base optimizer alone), nino (the checkpoint that ships), linefit, average \
            (the mean of the five states), other checkpoints.
            """
    )
    var nowcasters = "\(RunResult.baseline),\(Checkpoint.pretrainedName)"

    @Option(help: "Comma-separated; one run of each nowcaster a seed. Default: --seed.")
    var seeds: String?

    @Flag(
        name: .customLong("match-baseline"),
        help: "Instead of --target: the best that the base optimizer alone comes to within --steps, for each seed.")
    var matchesBaseline = false

    @Option(help: ArgumentHelp("Write report.html into this folder.", valueName: "dir"))
    var report: String?

    @Option(
        help: ArgumentHelp(
            "Keep the state of every run in this folder, and go on from what is there.", valueName: "dir"))
    var save: String?

    @Option(help: ArgumentHelp("The same as --save.", valueName: "dir"))
    var resume: String?

    func validate() throws {
        guard !(matchesBaseline && training.target != nil) else {
            throw ValidationError("give either --target or --match-baseline")
        }
    }

    private struct Line: Encodable {
        let nowcaster: String
        let seeds: [UInt64]
        let stepsToTarget: [Int?]
        let mean: Double
        let ratio: Double?
        let reached: Int
        let stepsPerSecond: Double

        enum CodingKeys: String, CodingKey {
            case nowcaster, seeds, mean, ratio, reached
            case stepsToTarget = "steps_to_target"
            case stepsPerSecond = "steps_per_second"
        }
    }

    func run() throws {
        common.apply()
        let seeds = try seedList()
        let settings = try training.settings(seed: seeds[0])
        let (model, data) = try training.load(common)
        let contenders = try nowcasters.split(separator: ",").map { name in
            let choice = NowcasterChoice(String(name))
            return Comparison.Contender(label: choice.label, nowcaster: try choice.load(for: model))
        }
        let watch = InterruptWatch()
        let board = common.quiet || common.json ? nil : ProgressBoard(settings)
        let comparison = try Comparison(
            settings: settings, seeds: seeds, contenders: contenders, model: TrainableModel(model), data: data,
            matchesBaseline: matchesBaseline, folder: save ?? resume,
            onTurn: { board?.show($0) })
        let isComplete = try comparison.run(cancellation: watch.cancellation)
        board?.close()
        try show(comparison.results)
        if let report, !comparison.results.isEmpty {
            let path = try Reporting.write(comparison.results, settings, to: report)
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
        let table = ComparisonTable(results)
        guard common.json else { return Output.line(table.text) }
        for row in table.rows {
            try Output.json(
                Line(
                    nowcaster: row.nowcaster, seeds: table.seeds,
                    stepsToTarget: row.cells.map { $0?.reached == true ? $0?.steps : nil },
                    mean: row.mean, ratio: row.ratio, reached: row.reachedCount, stepsPerSecond: row.stepsPerSecond))
        }
    }
}

/// The runs of a seed side by side: one line that is rewritten on a terminal, a line every few seconds elsewhere.
private final class ProgressBoard {
    private let settings: TrainingSettings
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private var started: ContinuousClock.Instant?
    /// Steps of each seed at its first turn of this session and at its last: earlier sessions say nothing of the rate.
    private var steps: [UInt64: (first: Int, last: Int)] = [:]
    private var lastShown: ContinuousClock.Instant?

    init(_ settings: TrainingSettings) {
        self.settings = settings
    }

    func show(_ turn: Comparison.Turn) {
        let now = clock.now
        let isLast = turn.results.allSatisfy {
            $0.stepsToTarget != nil || $0.steps >= settings.steps || $0.divergedAtStep != nil
        }
        if !isLast, let lastShown, (now - lastShown) / .seconds(1) < (isTerminal ? 0.2 : 5) { return }
        lastShown = now
        let step = turn.results.map(\.steps).max() ?? 0
        let runs = turn.results.map { "\(Self.shortened($0.nowcaster)) \(state(of: $0))" }.joined(separator: " | ")
        let text =
            "seed \(turn.seed) (\(turn.finishedSeeds + 1)/\(turn.seedCount)), step \(step): \(runs), "
            + "\(timeLeft(turn, now))"
        Output.remark(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
    }

    func close() {
        if isTerminal { Output.remark("\r\u{1B}[K") }
    }

    private func state(of run: RunResult) -> String {
        if let step = run.divergedAtStep { return "diverged at \(step)" }
        if let steps = run.stepsToTarget { return "reached at \(steps)" }
        return run.evaluations.last.flatMap(settings.metric.value).map(settings.metric.text) ?? "–"
    }

    /// At most: every run that is not done is taken to need its whole budget.
    private func timeLeft(_ turn: Comparison.Turn, _ now: ContinuousClock.Instant) -> String {
        let total = turn.results.reduce(0) { $0 + $1.steps }
        steps[turn.seed] = (steps[turn.seed]?.first ?? total, total)
        guard let started else {
            started = now
            return "time left not known yet"
        }
        let done = steps.values.reduce(0) { $0 + $1.last - $1.first }
        let open = turn.results.reduce(0) {
            $0 + ($1.stepsToTarget == nil && $1.divergedAtStep == nil ? settings.steps - $1.steps : 0)
        }
        let left = open + (turn.seedCount - turn.finishedSeeds - 1) * turn.results.count * settings.steps
        let rate = Double(max(done, 1)) / max((now - started) / .seconds(1), 1e-9)
        return "at most \(Progress.duration(Double(left) / rate)) left"
    }

    /// The file name alone of a path.
    private static func shortened(_ label: String) -> String {
        label.split(separator: "/").last.map(String.init) ?? label
    }
}
