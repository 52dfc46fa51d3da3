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
        abstract: "Nowcast: predict a model's weights from five of its checkpoints.",
        discussion: """
            The five states are equally far apart, oldest first; the horizon --k counts in their distance. Give --k, \
            or --step with --period and --max-steps for the schedule of a training run. Several horizons (--k 1,2,4) \
            cost little more than one: each result has its horizon in its name, out-k4.safetensors. The \
            output has the names, types, sharding and metadata of the newest state, and its buffers.
            """)

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case nino, wnn, linefit, average, rank1

        /// Whether it does without a checkpoint and without a graph.
        var isPlain: Bool { self == .linefit || self == .average || self == .rank1 }
    }

    @Option(help: "A config: a path, or a name that nino configs lists.")
    var config: String?

    @Option(help: ArgumentHelp("A graph from a file instead of a config: no plugin is needed.", valueName: "file"))
    var graph: String?

    @OptionGroup var states: HistoryOptions

    @Option(help: ArgumentHelp("A NiNo or WNN+ checkpoint instead of the one that ships.", valueName: "file"))
    var checkpoint: String?

    @Option(help: "What predicts; by default what the checkpoint is for. rank1 takes any number of states.")
    var method: Method?

    @Option(help: ArgumentHelp("Horizon: how many states ahead; several with commas.", valueName: "k"))
    var k: IntegerList?

    @Option(help: "With --method rank1: the step to predict, instead of --k; several with commas.")
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

    @OptionGroup(title: "Ranks") var ranks: RankOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if states.planOnly { return try validatePlanOnly() }
        guard out != nil else { throw ValidationError("give --out, the file for the predicted weights") }
        guard rankCount == nil else { throw ValidationError("--ranks needs --plan-only; mpirun -n starts ranks") }
        // A method that needs no graph predicts every floating-point tensor if there is none; an adapter is its own.
        let isBare = config == nil && graph == nil && method != .wnn && lpe == nil && !subgraph
        guard isBare || (config == nil) != (graph == nil) else { throw ValidationError(StepTarget.noGraph) }
        guard !subgraph || config != nil else { throw ValidationError("--subgraph needs --config") }
        guard [k == nil, step == nil, to == nil].count(where: { !$0 }) == 1 else {
            throw ValidationError(method == .rank1 ? "give either --k or --to" : "give either --k or --step")
        }
        for horizon in k?.values ?? [] {
            try SettingBounds.require(horizon, "--k", in: SettingBounds.horizons, "further than anything is predicted")
        }
        try validateRankOne()
        if let horizon {
            try SettingBounds.require(
                horizon, "--horizon", in: SettingBounds.horizons, "further than anything is predicted")
        }
        if horizon != nil, step == nil {
            throw ValidationError("--horizon needs --step: --k says itself how far to look")
        }
        let longest = SettingBounds.steps.upperBound
        if let step { try SettingBounds.require(step, "--step", in: 0...longest, "decades of training") }
        try SettingBounds.require(period, "--period", in: 5...longest, "decades of training")
        try SettingBounds.require(maxSteps, "--max-steps", in: 1...longest, "decades of training")
        // The schedule holds a horizon for each period.
        guard maxSteps / period <= 10_000_000 else {
            throw ValidationError("--max-steps: expected at most 10000000 periods of \(period), found \(maxSteps)")
        }
        if let updateScale, !updateScale.isFinite {
            throw ValidationError("--upd-scale: expected a finite number, found \(updateScale)")
        }
        guard method != .wnn || checkpoint != nil else {
            throw ValidationError("--method wnn needs --checkpoint: the one that ships is NiNo's")
        }
        guard precision.isSupported else {
            throw ValidationError(
                "--precision \(precision.rawValue): this processor has no such products; leave it out for f32")
        }
        if let ratio = edgeSampleRatio, !(ratio > 0 && ratio <= 1) {
            throw ValidationError("--edge-sample-ratio: expected more than 0, at most 1, found \(ratio)")
        }
        guard (0...(1 << 30)).contains(memory) else {
            throw ValidationError("--memory: expected 0 or more megabytes, found \(memory)")
        }
        guard journalEvery >= 0 else {
            throw ValidationError("--journal-every: expected at least 0, found \(journalEvery)")
        }
        guard !(subgraph && graph != nil) else {
            throw ValidationError("--subgraph needs --config: a graph from a file has no layers")
        }
        if let method, method.isPlain, checkpoint != nil {
            throw ValidationError("--method \(method.rawValue) takes no --checkpoint")
        }
    }

    private func validatePlanOnly() throws {
        guard config != nil, graph == nil, !subgraph, method == nil || method == .nino else {
            throw ValidationError("--plan-only needs --config, and is for the graph network on the whole graph")
        }
        guard (1...4096).contains(rankCount ?? 1) else {
            throw ValidationError("--ranks: expected 1 to 4096, found \(rankCount ?? 1)")
        }
    }

    private func validateRankOne() throws {
        for step in to?.values ?? [] {
            try SettingBounds.require(step, "--to", in: 0...SettingBounds.steps.upperBound, "decades of training")
        }
        guard method == .rank1 else {
            guard to == nil else { throw ValidationError("--to needs --method rank1") }
            try states.requireCount(History.contextLength)
            return
        }
        guard step == nil else { throw ValidationError("--step is for a schedule: --method rank1 takes --k or --to") }
        try states.requireCount(nil)
        if let first = to?.values.min(), let last = stateSteps.last, first <= last {
            throw ValidationError("--to: expected more than \(last), the last of the states' steps, found \(first)")
        }
    }

    /// Of the states, for --method rank1.
    private var stateSteps: [Int] { states.steps?.values ?? Array(0..<states.count) }

    private struct Result: Encodable {
        let out: String
        let method: String
        let horizon: Int
        let parameters: Int
        let relativeChange: Double
        /// From opened files to written ones.
        let seconds: Double
        /// Who shared the work, and bytes that they sent each other.
        let ranks, sentBytes: Int
    }

    func run() throws {
        try common.apply()
        if states.planOnly { return try showPlan() }
        let out = out!
        let ranks = try self.ranks.join(common)
        let nowcaster = try makeNowcaster()
        let paths = try self.states.paths()
        let horizons = try horizons(of: nowcaster)
        let labels = to?.values.map { "to\($0)" } ?? horizons.map { "k\($0)" }
        let outputs = StepOutput.paths(out, labels: labels)
        try OutputFiles.check(
            outputs.map { ("--out", $0) }, inputs: paths + [checkpoint, config, graph, lpe])
        for output in outputs { try OutputFiles.requireSafetensors(output, option: "--out") }
        let states = try self.states.open(paths, count: method == .rank1 ? nil : History.contextLength)
        let target = try StepTarget(
            config: config, graph: graph, encoding: lpe, needsGraph: nowcaster.needsGraph, inLayers: subgraph,
            newest: states.newest, options: common, ranks: ranks)
        let fingerprint = StepFingerprint(
            inputs: paths + [checkpoint, graph, lpe].compactMap { $0 },
            choices: choices(horizons) + " config \(target.configurationChecksum)")
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
                nowcaster, states, horizons: horizons, into: sinks, options: options)
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let sent = try ranks.sum(ranks.sentBytes)
        for (index, horizon) in horizons.enumerated() {
            try report(
                Result(
                    out: output.paths[index], method: nowcaster.name, horizon: horizon,
                    parameters: target.parameters.count, relativeChange: measures[index].relative,
                    seconds: seconds, ranks: ranks.size, sentBytes: sent))
        }
    }

    private func showPlan() throws {
        let network = try NowcastNetwork(Checkpoint(named: checkpoint ?? Checkpoint.pretrainedName))
        let graph = try GraphInput(common.model(config!).neuralGraph())
        try StepForecast(graph, network.shape, ranks: rankCount ?? 1, threads: common.threads).show(isJSON: common.json)
    }

    /// Of each result, in states, or for --method rank1 in the unit of its steps.
    private func horizons(of nowcaster: any Nowcaster) throws -> [Int] {
        if let to { return to.values.map { $0 - stateSteps[stateSteps.count - 1] } }
        if let k {
            if let limit = nowcaster.longestHorizon, let far = k.values.first(where: { $0 > limit }) {
                throw InputError("--k: expected at most \(limit), as far as \(nowcaster.name) looks, found \(far)")
            }
            return k.values
        }
        let longest = nowcaster.firstHorizon(horizon)
        return [HorizonSchedule(longest: longest, period: period, maxTrainSteps: maxSteps).horizon(atStep: step!)]
    }

    /// What the result depends on beside the input files.
    private func choices(_ horizons: [Int]) -> String {
        "k \(IntegerList(horizons).defaultValueDescription) steps \(states.steps?.description ?? "-") "
            + "method \(method?.rawValue ?? "-") "
            + "scale \(updateScale.map { "\($0)" } ?? "-") precision "
            + "\(precision.rawValue) subgraph \(subgraph) "
            + "version \(checkpoint == nil ? HostVersion.text : "-") sample "
            + "\(edgeSampleRatio.map { "\($0) seed \(common.seed)" } ?? "-")"
    }

    private func makeNowcaster() throws -> any Nowcaster {
        if method == .linefit { return .lineFit }
        if method == .average { return .average }
        if method == .rank1 { return try RankOneLine(steps: stateSteps) }
        let file = try Checkpoint(named: checkpoint ?? Checkpoint.pretrainedName)
        let nowcaster = try NowcastNetwork(file, updateScale: updateScale).nowcaster(precision: precision)
        if let method, method.rawValue != nowcaster.name {
            throw InputError(
                "\(file.path): expected a checkpoint for --method \(method.rawValue), found one for \(nowcaster.name)")
        }
        return nowcaster
    }

    private func report(_ result: Result) throws {
        if common.json { return try Output.json(result) }
        let percent = (result.relativeChange * 1000).rounded() / 10
        let states = result.horizon == 1 ? "state" : "states"
        Output.line(
            "\(result.out): \(result.parameters) parameters, \(result.method), \(result.horizon) \(states) ahead, "
                + "changed by \(percent) % of their length"
        )
    }
}

extension ProductPrecision: ExpressibleByArgument {}
