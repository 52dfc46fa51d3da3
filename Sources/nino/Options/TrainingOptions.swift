import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Training

/// Options that `train` and `compare` share.
struct TrainingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to learn: \(TaskDescription.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")).",
            valueName: "name"))
    var task = "fm-16"

    @Option(help: "Another model than the task's: a path, or a name that nino configs lists.")
    var config: String?

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "Fine-tuning: begin with the weights of this checkpoint of the model instead of drawn ones.",
            valueName: "file"))
    var start: String?

    @Option(help: "Base optimizer: \(OptimizerKind.allCases.map(\.rawValue).joined(separator: ", ")). Default: adamw.")
    var optimizer: String?

    @Option(help: "Learning rate; with a schedule, its peak. Default: the task's.")
    var lr: Double?

    @Option(
        help: """
            How the learning rate goes: \(ScheduleKind.allCases.map(\.rawValue).joined(separator: ", ")). Default: \
            constant.
            """)
    var schedule: String?

    @Option(help: "Updates over which the learning rate rises from zero. Default: none.")
    var warmup: Int?

    @Option(
        help: """
            Outer step around the optimizer: \(OuterStepKind.allCases.map(\.rawValue).joined(separator: ", ")). \
            Default: none.
            """)
    var outer: String?

    @Option(
        help: """
            Averages of the weights that every evaluation judges too, comma-separated: ema:DECAY, lawa:N (mean of \
            the last N states, 50 steps apart). They cost evaluations, and change no step. Default: none.
            """)
    var averages: String?

    @Option(help: "Examples a step. Default: the task's.")
    var batch: Int?

    @Option(help: "Most optimizer steps; with --policy schedule, horizons fall over this length. Default: the task's.")
    var steps: Int?

    @Option(
        help: """
            Steps in which five states are recorded; with --policy search, the first states are shorter. Default: \
            \(HorizonSchedule.standardPeriod).
            """)
    var period: Int?

    @Option(
        help: ArgumentHelp(
            "How far nowcasts look ahead, and whether they replace the weights: search (as far as the training loss "
                + "falls; only where it does), schedule (far at first, near at the end; always, once a --period; as "
                + "in the paper).",
            valueName: "policy"))
    var policy = NowcastPolicy.standard

    @Option(
        help:
            """
            States, a fifth of --period each, that a nowcast looks ahead: at most with --policy search; at first, \
            falling to 1, with schedule. Default: the task's, or as many as the checkpoint can.
            """
    )
    var horizon: Int?

    @Option(
        help: ArgumentHelp(
            "What the nowcaster sees: snapshot (weights as they are), mean (weights as they were on average since the "
                + "state before). Default: what it was trained on.",
            valueName: "kind"))
    var states: StateKind?

    @Option(help: "Stop at this test accuracy (0.895 or 89.5) or test loss. Default: the task's.")
    var target: Double?

    @Option(name: .customLong("eval-every"), help: "Steps from one evaluation to the next. Default: the task's.")
    var evaluationInterval: Int?

    /// The task's settings, with what the command line changes.
    /// - Throws: `TrainingError` naming the flag.
    func settings(seed: UInt64) throws -> TrainingSettings {
        let task = try TaskDescription.asked(for: task)
        var settings = TrainingSettings(task: task, seed: seed)
        if let optimizer { settings.optimizer = try OptimizerKind.named(optimizer) }
        settings.learningRate = lr ?? settings.learningRate
        settings.schedule = try schedule.map { try ScheduleKind.named($0) }
        settings.warmup = warmup
        settings.outer = try outer.map { try OuterStepKind.named($0) }
        settings.averages = try averages?.split(separator: ",").map { try AverageKind(named: String($0)) }
        settings.batchSize = batch ?? settings.batchSize
        settings.steps = steps ?? settings.steps
        settings.period = period ?? settings.period
        settings.firstHorizon = horizon ?? settings.firstHorizon
        settings.states = states
        settings.policy = policy
        settings.evaluationInterval = evaluationInterval ?? settings.evaluationInterval
        if let target {
            // An accuracy above 1 can only be meant in percent.
            settings.target = task.metric == .accuracy && target > 1 ? target / 100 : target
            if !task.metric.canReach(settings.target) {
                Output.note("--target \(target): no \(task.metric.title) reaches it, so the run takes all its steps")
            }
        }
        try settings.validate()
        return settings
    }

    /// - Parameter label: of the nowcaster.
    /// - Throws: `invalidSetting` for a --horizon beyond what the nowcaster can see: it would be cut to that, unsaid.
    func requireHorizon(within nowcaster: RunNowcaster?, _ label: String) throws(TrainingError) {
        guard let horizon, let longest = nowcaster?.nowcaster.longestHorizon, horizon > longest else { return }
        throw .invalidSetting(
            name: "--horizon", allowed: "at most \(longest), as far as \(label) looks", found: "\(horizon)")
    }

    /// Says which options change nothing in a run without nowcasts.
    func noteUnused() {
        let given = [("--period", period != nil), ("--horizon", horizon != nil), ("--states", states != nil)]
        for (option, isGiven) in given where isGiven {
            Output.note("\(option) changes nothing: with --nowcaster none there are no nowcasts")
        }
    }

    /// The task's model, as a run starts it, and data.
    func load(_ common: CommonOptions) throws -> (model: Model, start: TrainableModel, data: any DataSource) {
        let task = try TaskDescription.asked(for: task)
        let model = try common.model(config ?? task.configuration)
        let fresh = TrainableModel(model)
        let started = try start.map { path in
            let state = try WeightFile.load(path, model: model)
            return fresh.starting(
                from: state.parameters.array, buffers: state.buffers.mapValues(\.array),
                name: try Checkpoint(opening: path).checksum())
        }
        return (model, started ?? fresh, try task.loadData(data.choice, for: fresh))
    }
}

extension StateKind: ExpressibleByArgument {}
extension NowcastPolicy: ExpressibleByArgument {}
