import ArgumentParser
import Checkpoints
import Foundation
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model on a task, with or without nowcasting.",
        discussion: """
            Stops at the task's target. Ctrl-C leaves a state in --save from which --resume goes on, bit for bit. \
            With a --target on \
            the command line, missing it is exit status 1. The last line with --json holds steps_to_target, best, \
            steps, seconds.
            """)

    @OptionGroup var training: TrainingOptions

    @Option(
        help:
            """
            What predicts: nino (the checkpoint that ships; the default), another checkpoint, linefit, fitted (a step \
            fitted to itself), average (the mean of the five states) or none.
            """
    )
    var nowcaster: String?

    @Option(help: ArgumentHelp("Keep checkpoints and metrics in this folder.", valueName: "dir"))
    var save: String?

    @Option(
        help: ArgumentHelp(
            "Go on with the run of this folder. Give the options it was begun with again, --keep too; --steps and "
                + "--target may be others. What it left when it was finished is kept under other names.",
            valueName: "dir"))
    var resume: String?

    @Option(
        help: ArgumentHelp(
            "Keep the weights every so many steps, as states/step_500.safetensors in the run's folder, and their mean "
                + "over these steps, as means/step_500.safetensors: for nino step and nino backtest.",
            valueName: "steps"))
    var keep: Int?

    @Option(help: ArgumentHelp("Write report.html into this folder.", valueName: "dir"))
    var report: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard save == nil || resume == nil || save == resume else {
            throw ValidationError("--save and --resume name different folders; --resume saves where it resumes from")
        }
        guard keep == nil || save != nil || resume != nil else {
            throw ValidationError("--keep needs --save or --resume: states lie in the run's folder")
        }
        if let keep { try SettingBounds.require(keep, "--keep", in: SettingBounds.steps, "decades of training") }
    }

    func run() throws {
        try common.apply()
        let choice = nowcaster.map(NowcasterChoice.init) ?? .standard
        var settings = try training.settings(seed: common.seed)
        settings.nowcaster = choice.label
        if case .none = choice { training.noteUnused() }
        // Hours later would be too late to find out.
        if let report { try OutputFolder.make(report) }
        let (model, start, data) = try training.load(common)
        let predictor = try choice.load(for: model)
        try training.requireHorizon(within: predictor, choice.label)
        let watch = InterruptWatch()
        var observers: [any TrainingObserver] = common.quiet || common.json ? [] : [RunProgress()]
        if common.json { observers.append(EvaluationLines()) }
        let trainer = try Trainer(
            settings: settings, model: start, data: data, nowcaster: predictor,
            folder: (resume ?? save).map(RunFolder.init), start: resume == nil ? .fresh : .resume, keep: keep,
            observers: observers)
        let isComplete = try trainer.run(cancellation: watch.cancellation)
        let result = trainer.result
        if let report { try Reporting.write([result], settings, of: model, to: report) }
        try show(result, settings)
        guard isComplete else {
            if let folder = resume ?? save {
                Output.note("stopped at step \(trainer.step); go on with --resume \(folder)")
            }
            throw Failure.interrupted
        }
        if training.target != nil, result.stepsToTarget == nil { throw Failure.answerIsNo }
    }

    private func show(_ result: RunResult, _ settings: TrainingSettings) throws {
        if common.json { return try Output.json(result.summary) }
        let metric = settings.metric
        let best = result.best.map { ", best \(metric.title) \(metric.text($0))" } ?? ""
        let seconds = StatusLine.duration(result.seconds)
        if let steps = result.stepsToTarget {
            Output.line(
                "\(metric.text(settings.target)) \(metric.title) after \(counted(steps, "step")), \(seconds)\(best)")
        } else if !metric.canReach(settings.target) {
            Output.line("\(counted(result.steps, "step")), \(seconds)\(best)")
        } else {
            Output.line(
                "\(metric.text(settings.target)) \(metric.title) not reached in \(counted(result.steps, "step")), "
                    + "\(seconds)\(best)"
            )
        }
    }
}
