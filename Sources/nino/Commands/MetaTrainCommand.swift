import Derivation
import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Presentation
import Tensors
import Training

struct MetaTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meta-train",
        abstract: "Train a nowcasting network on collected trajectories, or measure networks on the held-out ones.",
        discussion: """
            Beside CK.safetensors, which every command takes as a checkpoint from the first save on, stand \
            CK.training.safetensors, from which \
            --resume goes on to the same bits, and CK.metrics.jsonl. --evaluate trains nothing: it prints cosine, \
            relative error (1 is predicting \
            no change) and length ratio of predicted changes for each network, family and horizon; with --json also \
            for each kind of parameter.
            """)

    @Option(help: ArgumentHelp("A collection's folder.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("The network to make.", valueName: "ck"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Comma-separated networks to measure instead of training one; nino is the one that ships.", valueName: "ck")
    )
    var evaluate: String?

    @Option(
        help: ArgumentHelp(
            "Train this network further instead of a new one; nino is the one that ships.", valueName: "ck"))
    var from: String?

    @Option(help: "nino, or wnn for the graph-free variant. Default: nino, or as --from.")
    var method: NetworkShape.Method?

    @Option(help: "Width of the network. Default: 128, or as --from.")
    var hidden: Int?

    @Option(help: "Steps.")
    var steps: Int?

    @Option(help: "Learning rate at the start; it falls along half a cosine.")
    var lr: Double?

    @Option(help: "Trajectories in a batch.")
    var trajectories: Int?

    @Option(help: "Starting points of each trajectory in a batch.")
    var slices: Int?

    @Option(
        help: "What counts: value (absolute error, as in the paper), or change (relative to the tensor's mean change).")
    var loss: MetaLoss = .value

    @Option(help: "Comma-separated families to train on; default: all. The others are measured, all their runs.")
    var tasks: String?

    @Option(name: .customLong("hold-out"), help: "One run in so many of each family is held out.")
    var holdOut = 10

    @Option(name: .customLong("eval-every"), help: "Steps from one validation to the next.")
    var evaluationInterval = 500

    @Option(help: "Starting points of each held-out trajectory. Default: 2 while training, 8 with --evaluate.")
    var starts: Int?

    @Option(help: ArgumentHelp("Train nothing: time the first batch, the best of so many tries.", valueName: "tries"))
    var measure: Int?

    @Option(
        help: ArgumentHelp(
            "With --measure: write batch and network here, for Tools/meta_pytorch.py.", valueName: "dir"))
    var export: String?

    @Flag(help: "Go on from --out's training state.")
    var resume = false

    @OptionGroup var ranks: RankOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard [out != nil, evaluate != nil, measure != nil].count(where: { $0 }) == 1 else {
            throw ValidationError(
                "give one of --out, to train, --evaluate, to measure networks, and --measure, to time")
        }
        guard export == nil || measure != nil else {
            throw ValidationError("--export needs --measure: it writes the batch that is timed")
        }
        guard !resume || out != nil else {
            throw ValidationError("--resume needs --out: it goes on with the training of that network")
        }
        for (value, name) in [(measure, "--measure"), (starts, "--starts")] {
            if let value { try SettingBounds.require(value, name, in: 1...1_000_000, "longer than anybody waits") }
        }
    }

    func run() throws {
        try common.apply()
        try OutputFiles.check([("--out", out)], inputs: [data, from])
        try SettingBounds.require(evaluationInterval, "--eval-every", in: SettingBounds.steps, "decades of training")
        let measured = try openMeasured()
        let ranks = out == nil ? SingleProcess() : try self.ranks.join(common)
        let library = try ranks.firstLooksAtPlugins(common) { try loadLibrary($0) }
        if let measured { return try show(measured, library) }
        let (network, settings) = try firstNetwork()
        let objective = try TrajectoryObjective(network, library: library, settings: settings, ranks: ranks)
        if let measure {
            return try show(
                MetaTrainingMeasurement(network, objective, settings: settings, tries: measure, export: export))
        }
        try train(network, objective, settings, library, ranks)
    }

    private func train(
        _ network: TrainableNetwork, _ objective: TrajectoryObjective, _ settings: MetaTrainingSettings,
        _ library: TrajectoryLibrary, _ ranks: any Communicator
    ) throws {
        var files = try MetaTrainingFiles(out!, data: library.identity) {
            try network.write(
                to: $0, metadata: $1.merging([StateKind.metadataKey: library.stateKind.rawValue]) { own, _ in own })
        }
        files.isWriting = ranks.isFirst
        files.facts =
            Provenance(version: HostVersion.text).rows + [
                ("network", "\(grouped: network.parameters.count) parameters")
            ]
        let progress = MetaProgress(settings, isShown: !common.quiet && !common.json)
        let isJSON = common.json
        let trainer = try MetaTrainer(
            objective, settings: settings, evaluationInterval: evaluationInterval, files: files, resume: resume,
            validate: {
                library.heldOut.isEmpty || !ranks.isFirst
                    ? nil : try MetaEvaluation(network, on: library.heldOut, starts: starts ?? 2)
            },
            onEvent: { event in
                if isJSON, case .evaluated(let metrics) = event { try? Output.json(metrics) }
                progress.observe(event)
            })
        let watch = InterruptWatch()
        (ranks as? MPICommunicator)?.watch { [cancellation = watch.cancellation] in cancellation.isRequested }
        let isComplete = try trainer.run(cancellation: watch.cancellation)
        progress.end()
        guard isComplete else {
            Output.note("stopped at step \(trainer.step); go on with --resume")
            throw Failure.interrupted
        }
        if !common.json {
            Output.line(
                "\(files.network): \(counted(trainer.step, "step"))"
                    + (trainer.metrics.last?.relativeError.map { String(format: ", relative error %.3f", $0) } ?? ""))
        }
    }

    /// The networks of --evaluate, all of them before the first is measured; nil without it.
    private func openMeasured() throws -> [(path: String, network: TrainableNetwork)]? {
        try evaluate?.split(separator: ",").map { path in
            (path: String(path), network: try TrainableNetwork(Checkpoint(named: String(path))))
        }
    }

    /// What training begins with: a new network, or that of `--from`.
    ///
    /// - Throws: `invalidSetting`, `InputError`; `CheckpointError` and `NowcastError` for the checkpoint.
    private func firstNetwork() throws -> (TrainableNetwork, MetaTrainingSettings) {
        guard let from else {
            let method = method ?? .nino
            let settings = try settings(
                NetworkShape(method: method, width: hidden ?? 128, slots: method == .nino ? 9 : 1))
            return (TrainableNetwork(settings.shape, seed: settings.seed), settings)
        }
        let file = try Checkpoint(named: from)
        let network = try TrainableNetwork(file)
        guard network.isTrainable else {
            throw InputError("--from: \(from): expected a network without word positions, found one with them")
        }
        if let method, method != network.shape.method {
            throw InputError(
                "--method: expected \(network.shape.method.rawValue), as \(from), found \(method.rawValue)")
        }
        if let hidden, hidden != network.shape.width {
            throw InputError("--hidden: expected \(network.shape.width), as \(from), found \(hidden)")
        }
        return (network, try settings(network.shape, start: file.checksum()))
    }

    private func settings(_ shape: NetworkShape, start: String? = nil) throws(TrainingError) -> MetaTrainingSettings {
        var settings = MetaTrainingSettings(shape: shape, seed: common.seed)
        settings.start = start
        settings.loss = loss
        settings.steps = steps ?? settings.steps
        settings.learningRate = lr ?? settings.learningRate
        settings.trajectories = trajectories ?? settings.trajectories
        settings.slices = slices ?? settings.slices
        try settings.validate()
        return settings
    }

    private func loadLibrary(_ common: CommonOptions) throws -> TrajectoryLibrary {
        try TrajectoryLibrary(folder: data, families: tasks?.split(separator: ",").map(String.init), holdOut: holdOut) {
            config, name in
            try common.model(for: ModelConfiguration(json: JSONEncoder().encode(config), file: name)).neuralGraph()
        }
    }

    private func show(_ result: MetaTrainingMeasurement) throws {
        if common.json { return try Output.json(result) }
        Output.line(
            String(
                format: "%.1f samples/s, %.2f s a batch, %d MB at most; loss %.6f, gradient %.6f",
                result.samplesPerSecond, result.secondsPerBatch,
                result.peakMemoryMegabytes, result.loss, result.gradientLength))
    }

    private struct Line: Encodable {
        let network: String
        let rows: [MetaEvaluation.Row]
    }

    private func show(_ networks: [(path: String, network: TrainableNetwork)], _ library: TrajectoryLibrary) throws {
        guard !library.heldOut.isEmpty else {
            throw TrainingError.noTrajectories(folder: data, wanted: "held-out trajectories (--hold-out \(holdOut))")
        }
        for (_, network) in networks {
            for item in library.heldOut { try network.check(item.graph) }
        }
        for (path, network) in networks {
            let evaluation = try MetaEvaluation(network, on: library.heldOut, starts: starts ?? 8)
            if common.json {
                try Output.json(Line(network: path, rows: evaluation.rows))
            } else {
                for line in evaluation.table(title: path) { Output.line(line) }
            }
        }
    }
}

extension NetworkShape.Method: ExpressibleByArgument {}
extension MetaLoss: ExpressibleByArgument {}
