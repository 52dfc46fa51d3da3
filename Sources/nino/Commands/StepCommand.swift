import ArgumentParser
import Checkpoints
import Derivation
import NeuralGraphs
import Nowcasting
import PluginHost
import Training

struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Nowcast: predict a model's weights from its last checkpoints.",
        discussion: """
            The states are five and equally far apart, oldest first; --method fitted and rank1 take any number, at \
            any steps. The horizon --k counts in the distance of the last two. Give --k, or --step with --period and \
            --max-steps for the schedule of a training run, or the step itself as --to. Several horizons (--k 1,2,4) \
            cost little more than one: each result has its horizon in its name, out-k4.safetensors. The \
            output has the names, types, sharding and metadata of the newest state, and its buffers.
            """)

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case nino, wnn, linefit, fitted, average, rank1

        /// Whether it does without a checkpoint and without a graph.
        var isPlain: Bool { self != .nino && self != .wnn }

        /// Of a method that takes any number of states, at steps of their own.
        var combiner: (any StateCombiner)? {
            switch self {
            case .fitted: FittedLine()
            case .rank1: RankOneLine()
            case .nino, .wnn, .linefit, .average: nil
            }
        }
    }

    @Option(help: "A config: a path, or a name that nino configs lists.")
    var config: String?

    @Option(help: ArgumentHelp("A graph from a file instead of a config: no plugin is needed.", valueName: "file"))
    var graph: String?

    @OptionGroup var states: HistoryOptions

    @Option(help: ArgumentHelp("A NiNo or WNN+ checkpoint instead of the one that ships.", valueName: "file"))
    var checkpoint: String?

    @Option(help: "What predicts; by default what the checkpoint is for. fitted and rank1 take any number of states.")
    var method: Method?

    @Option(help: ArgumentHelp("Horizon: how many states ahead; several with commas.", valueName: "k"))
    var k: IntegerList?

    @Option(help: "With --method rank1 or fitted: the step to predict, instead of --k; several with commas.")
    var to: IntegerList?

    @Option(help: "Completed optimizer steps; the schedule gives the horizon.")
    var step: Int?

    @Option(help: "Steps from one nowcast to the next.")
    var period: Int = HorizonSchedule.standardPeriod

    @Option(name: .customLong("max-steps"), help: "Length of the whole run, over which horizons fall.")
    var maxSteps: Int = 10000

    @Option(
        help:
            """
            With --step: states that the first nowcast of the run looks ahead. Default: as many as the checkpoint \
            can, 40.
            """
    )
    var horizon: Int?

    @Option(
        help: ArgumentHelp(
            "A file with another positional encoding (`lpe` [nodes, 8]) than the orbit encoding.", valueName: "file"))
    var lpe: String?

    @Option(name: .customLong("upd-scale"), help: "Factor on the predicted change, instead of the checkpoint's.")
    var updateScale: Float?

    @Option(help: "H x H products: exact float32, or bf16 where the processor has it.")
    var precision = ProductPrecision.float32

    @Flag(help: "Cut the graph between layers and nowcast each part by itself.")
    var subgraph = false

    @Option(
        name: .customLong("edge-sample-ratio"),
        help: "Pass messages along a random share of the edges, chosen by --seed.")
    var edgeSampleRatio: Double?

    @Option(
        help: ArgumentHelp(
            "Memory to keep states in: if all five fit they are read once, else piece by piece in four passes.",
            valueName: "MB"))
    var memory = 256

    @Flag(help: "Take up the work of a run that was interrupted, if its inputs were the same.")
    var resume = false

    @Option(
        name: .customLong("journal-every"), help: "Seconds of work after which it is made safe against an interruption."
    )
    var journalEvery = 5.0

    @Option(
        help: ArgumentHelp(
            "Where the predicted weights go: safetensors, or a folder for sharded states.", valueName: "file"))
    var out: String?

    @Option(name: .customLong("ranks"), help: "With --plan-only: how many processes share the step.")
    var rankCount: Int?

    @OptionGroup var ranks: RankOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.apply()
        if states.planOnly { return try showPlan() }
        let out = out!
        let ranks = try self.ranks.join(common)
        let (paths, states, steps, nowcaster) = try openStates()
        let horizons = try horizons(of: nowcaster)
        let labels = horizons.map(\.label)
        let outputs = StepOutput.paths(out, labels: labels)
        try OutputFiles.check(
            outputs.map { ("--out", $0) }, inputs: paths + [checkpoint, config, graph, lpe])
        for output in outputs { try OutputFiles.requireSafetensors(output, option: "--out") }
        let target = try StepTarget(
            config: config, graph: graph, encoding: lpe, needsGraph: nowcaster.needsGraph, inLayers: subgraph,
            newest: states.newest, options: common, ranks: ranks)
        let fingerprint = StepFingerprint(
            inputs: paths + [checkpoint, graph, lpe].compactMap { $0 },
            choices: choices(horizons, steps) + " config \(target.configurationChecksum)")
        let started = ContinuousClock.now
        let output = try StepOutput(
            out, labels: labels, newest: states.newest, names: target.names(in: states),
            fingerprint: fingerprint.text, resuming: resume, journalEvery: journalEvery, ranks: ranks)
        let measures = try output.write { sinks, journal in
            let progress = StepProgress(isQuiet: common.quiet)
            defer { progress.end() }
            (ranks as? MPICommunicator)?.watch { progress.isStopped }
            let options = NowcastOptions(
                sampler: edgeSampleRatio.map { EdgeSampler(ratio: $0, seed: common.seed) }, observer: progress,
                journal: journal, memory: memory << 20, ranks: ranks)
            return try target.nowcast(
                nowcaster, states, horizons: horizons.map(\.ahead), into: sinks, options: options)
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let sent = try ranks.sum(ranks.sentBytes)
        for (index, horizon) in horizons.enumerated() {
            try StepResult(
                out: output.paths[index], method: nowcaster.name, horizon: horizon.states, to: horizon.step,
                parameters: target.parameters.count, relativeChange: measures[index].relative, seconds: seconds,
                ranks: ranks.size, sentBytes: sent
            ).show(horizon, isJSON: common.json)
        }
    }

    /// The states, the step of each where it is known, and what predicts from them.
    private func openStates() throws -> (paths: [String], states: History, steps: [Int]?, nowcaster: any Nowcaster) {
        guard let combiner = method?.combiner else {
            let network = try makeNowcaster()
            let paths = try states.paths(History.contextLength, atLeast: History.contextLength)
            let (states, steps) = try self.states.open(paths, count: History.contextLength)
            return (paths, states, steps, network)
        }
        let paths = try states.paths(nil, atLeast: combiner.fewestStates)
        let (states, steps) = try self.states.open(paths, count: nil)
        return (paths, states, steps, try SteppedCombiner(combiner, steps: times(of: states, steps)))
    }

    private func showPlan() throws {
        let network = try NowcastNetwork(Checkpoint(named: checkpoint ?? Checkpoint.pretrainedName))
        let graph = try GraphInput(common.model(config!).neuralGraph())
        try StepForecast(graph, network.shape, ranks: rankCount ?? 1, threads: common.threads).show(isJSON: common.json)
    }

    /// Steps of the states of a combiner; the states count where nothing tells their steps.
    private func times(of states: History, _ steps: [Int]?) throws -> [Int] {
        guard let steps else {
            guard to == nil else {
                throw InputError(
                    "--to: expected states whose steps are known, found none in files and names; give --steps")
            }
            return Array(states.states.indices)
        }
        if let first = to?.values.min(), let last = steps.last, first <= last {
            throw InputError("--to: expected more than \(last), the last of the states' steps, found \(first)")
        }
        return steps
    }

    private func horizons(of nowcaster: any Nowcaster) throws -> [StepHorizon] {
        if let combiner = nowcaster as? SteppedCombiner { return try horizons(of: combiner) }
        if let k {
            if let limit = nowcaster.longestHorizon, let far = k.values.first(where: { $0 > limit }) {
                throw InputError("--k: expected at most \(limit), as far as \(nowcaster.name) looks, found \(far)")
            }
            return k.values.map { .states($0) }
        }
        // A mean is the same at any horizon.
        guard let step else { return [.states(1)] }
        let schedule = HorizonSchedule(
            longest: nowcaster.firstHorizon(horizon), period: period, maxTrainSteps: maxSteps)
        return [.states(schedule.horizon(atStep: step))]
    }

    private func horizons(of combiner: SteppedCombiner) throws -> [StepHorizon] {
        let (last, before) = (combiner.steps[combiner.steps.count - 1], combiner.steps[combiner.steps.count - 2])
        let horizons: [StepHorizon] =
            to?.values.map { .step($0, after: last) } ?? k!.values.map { .states($0, distance: last - before) }
        if let far = horizons.first(where: { !combiner.canForecast($0.ahead) }) {
            throw InputError(
                "\(to == nil ? "--k" : "--to"): expected a distance that earlier states lie apart, the first with two "
                    + "before it, as \(combiner.name) learns from such pairs; found \(far.text)")
        }
        return horizons
    }

    /// What the result depends on beside the input files.
    private func choices(_ horizons: [StepHorizon], _ steps: [Int]?) -> String {
        "\(horizons.map(\.label).joined(separator: ",")) steps \(steps.map { "\($0)" } ?? "-") "
            + "method \(method?.rawValue ?? "-") "
            + "scale \(updateScale.map { "\($0)" } ?? "-") precision "
            + "\(precision.rawValue) subgraph \(subgraph) "
            + "version \(checkpoint == nil ? HostVersion.text : "-") sample "
            + "\(edgeSampleRatio.map { "\($0) seed \(common.seed)" } ?? "-")"
    }

    private func makeNowcaster() throws -> any Nowcaster {
        if method == .linefit { return .lineFit }
        if method == .average { return .average }
        let file = try Checkpoint(named: checkpoint ?? Checkpoint.pretrainedName)
        let nowcaster = try NowcastNetwork(file, updateScale: updateScale).nowcaster(precision: precision)
        if let method, method.rawValue != nowcaster.name {
            throw InputError(
                "\(file.path): expected a checkpoint for --method \(method.rawValue), found one for \(nowcaster.name)")
        }
        return nowcaster
    }
}

extension ProductPrecision: ExpressibleByArgument {}
