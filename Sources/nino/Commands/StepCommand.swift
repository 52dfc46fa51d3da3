import ArgumentParser
import Checkpoints
import NeuralGraphs
import Nowcasting
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
        case nino, wnn, linefit, average
    }

    @OptionGroup var common: CommonOptions

    @Option(help: "A config: a path, or a name in Architectures/.")
    var config: String?

    @Option(help: ArgumentHelp("A graph from a file instead of a config: no plugin is needed.", valueName: "file"))
    var graph: String?

    @OptionGroup var states: HistoryOptions

    @Option(help: ArgumentHelp("A NiNo or WNN+ checkpoint instead of the one that ships.", valueName: "file"))
    var checkpoint: String?

    @Option(help: "What predicts; by default what the checkpoint is for.")
    var method: Method?

    @Option(help: ArgumentHelp("Horizon: how many states ahead; several with commas.", valueName: "k"))
    var k: HorizonList?

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

    @Flag(help: "Take up the work of a run that was interrupted, if its inputs were the same.")
    var resume = false

    @Option(
        name: .customLong("journal-every"), help: "Seconds of work after which it is made safe against an interruption."
    )
    var journalEvery = 5.0

    @Option(
        help: ArgumentHelp(
            "Where the predicted weights go: safetensors, or a folder for sharded states.", valueName: "file"))
    var out: String

    func validate() throws {
        let isElementwise = method == .linefit || method == .average
        guard isElementwise ? config == nil || graph == nil : (config == nil) != (graph == nil) else {
            throw ValidationError("give either --config or --graph (linefit and average need none)")
        }
        guard !subgraph || config != nil else { throw ValidationError("--subgraph needs --config") }
        guard (k == nil) != (step == nil) else { throw ValidationError("give either --k or --step") }
        for horizon in k?.horizons ?? [] {
            try SettingBounds.require(horizon, "--k", in: SettingBounds.horizons, "further than anything is predicted")
        }
        if let horizon {
            try SettingBounds.require(
                horizon, "--horizon", in: SettingBounds.horizons, "further than anything is predicted")
        }
        if horizon != nil, step == nil {
            throw ValidationError("--horizon needs --step: --k says itself how far to look")
        }
        if let step, step < 0 { throw ValidationError("--step: expected at least 0, found \(step)") }
        let longest = SettingBounds.steps.upperBound
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
        guard !(precision != .float32 && graph != nil) else {
            throw ValidationError(
                "--precision \(precision.rawValue) needs --config: edges from a file are computed in f32")
        }
        guard journalEvery >= 0 else {
            throw ValidationError("--journal-every: expected at least 0, found \(journalEvery)")
        }
        guard !(subgraph && graph != nil) else {
            throw ValidationError("--subgraph needs --config: a graph from a file has no layers")
        }
        if let method, method == .linefit || method == .average, checkpoint != nil {
            throw ValidationError("--method \(method.rawValue) takes no --checkpoint")
        }
    }

    private struct Result: Encodable {
        let out: String
        let method: String
        let horizon: Int
        let parameters: Int
        let relativeChange: Double
        /// From opened files to written ones.
        let seconds: Double
    }

    func run() throws {
        common.apply()
        let nowcaster = try makeNowcaster()
        let horizons =
            k?.horizons ?? [
                HorizonSchedule(
                    longest: nowcaster.firstHorizon(self.horizon), period: period, maxTrainSteps: maxSteps
                ).horizon(atStep: step!)
            ]
        try OutputFiles.requireSafetensors(out, option: "--out")
        let paths = try self.states.paths()
        try OutputFiles.check(
            StepOutput.paths(out, horizons: horizons).map { ("--out", $0) },
            inputs: paths + [checkpoint, config, graph, lpe])
        let states = try self.states.open(paths)
        let target = try StepTarget(
            config: config, graph: graph, encoding: lpe, needsGraph: nowcaster.needsGraph, inLayers: subgraph,
            newest: states.newest, options: common)
        let fingerprint = try StepFingerprint(
            inputs: paths + [checkpoint, graph, lpe].compactMap { $0 },
            choices: choices(horizons) + " config \(target.configurationChecksum)")
        let clock = ContinuousClock()
        let started = clock.now
        let output = try StepOutput(
            out, horizons: horizons, newest: states.newest, names: target.names(in: states),
            fingerprint: fingerprint.text, resuming: resume, journalEvery: journalEvery)
        let measures = try output.write { sinks, journal in
            let progress = StepProgress(isQuiet: common.quiet)
            defer { progress.end() }
            let options = NowcastOptions(
                sampler: edgeSampleRatio.map { EdgeSampler(ratio: $0, seed: common.seed) }, observer: progress,
                journal: journal)
            return try target.nowcast(
                nowcaster, states, horizons: horizons, inLayers: subgraph, into: sinks, options: options)
        }
        let seconds = (clock.now - started) / .seconds(1)
        for (index, horizon) in horizons.enumerated() {
            try report(
                Result(
                    out: output.paths[index], method: nowcaster.name, horizon: horizon,
                    parameters: target.parameters.count, relativeChange: measures[index].relative, seconds: seconds))
        }
    }

    /// What the result depends on beside the input files.
    private func choices(_ horizons: [Int]) -> String {
        "k \(HorizonList(horizons).defaultValueDescription) method \(method?.rawValue ?? "-") "
            + "scale \(updateScale.map { "\($0)" } ?? "-") precision "
            + "\(precision.rawValue) subgraph \(subgraph) "
            + "version \(checkpoint == nil ? Nino.configuration.version : "-") sample "
            + "\(edgeSampleRatio.map { "\($0) seed \(common.seed)" } ?? "-")"
    }

    private func makeNowcaster() throws -> any Nowcaster {
        if method == .linefit { return .lineFit }
        if method == .average { return .average }
        let file = try Checkpoint(named: checkpoint ?? Checkpoint.pretrainedName)
        let nowcaster = try NowcastCheckpoint(file, updateScale: updateScale).nowcaster(precision: precision)
        if let method, method.rawValue != nowcaster.name {
            throw InputError(
                "\(file.path): expected a checkpoint for --method \(method.rawValue), found one for \(nowcaster.name)")
        }
        return nowcaster
    }

    private func report(_ result: Result) throws {
        if common.json { return try Output.json(result) }
        let percent = (result.relativeChange * 1000).rounded() / 10
        Output.line(
            "\(result.out): \(result.parameters) parameters, \(result.method), \(result.horizon) states ahead, "
                + "changed by \(percent) % of their length"
        )
    }
}

extension ProductPrecision: ExpressibleByArgument {}
