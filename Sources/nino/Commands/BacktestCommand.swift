import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Presentation
import Training

struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Would looking ahead have helped? Forecast known checkpoints of a run from those before them.",
        discussion: """
            Takes six or more checkpoints of a run, forecasts each from those before it by every method at hand, and \
            says in one sentence what to do: average, look some states ahead, or leave it. Without --config by the \
            methods that need no graph, in one pass over the files. With --task the loss of each forecast too.
            """)

    @OptionGroup var states: BacktestStates

    @Option(help: "A config: a path, or a name that nino configs lists. Then networks forecast too.")
    var config: String?

    @Option(help: ArgumentHelp("A graph from a file instead of a config: no plugin is needed.", valueName: "file"))
    var graph: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "NiNo and WNN+ checkpoints instead of the one that ships; \(Checkpoint.pretrainedName) is that one.",
            valueName: "file"))
    var checkpoint: [String] = []

    @Option(help: ArgumentHelp("Horizons in states, with commas. Default: 1,2,4,… as far as there are states."))
    var k: IntegerList?

    @Option(
        help: ArgumentHelp(
            "Adds losses: those on the evaluation set of this task, as in nino train.", valueName: "name"))
    var task: String?

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "Adds losses that you measured: a JSON object; a state is called by its step, a forecast as its file is.",
            valueName: "file"))
    var losses: String?

    @Option(
        help: ArgumentHelp(
            "Writes each forecast into this folder, as METHOD-FROM-TO.safetensors (steps), for --losses.",
            valueName: "dir"))
    var forecasts: String?

    @Option(help: ArgumentHelp("Writes a report with pictures.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Memory to keep the five states of a network's nowcast in.", valueName: "MB"))
    var memory = 256

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard config == nil || graph == nil else { throw ValidationError("give either --config or --graph") }
        guard checkpoint.isEmpty || config != nil || graph != nil || task != nil else {
            throw ValidationError("--checkpoint needs --config or --graph: networks see a graph")
        }
        guard [task, losses, forecasts].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError("give one of --task, --losses and --forecasts")
        }
        guard task != nil || data.isEmpty else {
            throw ValidationError("--data, --text, --tokenizer, --context and --classes are for --task")
        }
        guard task == nil || graph == nil else { throw ValidationError("--task needs --config, or the task's own") }
        guard (0...(1 << 30)).contains(memory) else {
            throw ValidationError("--memory: expected 0 or more megabytes, found \(memory)")
        }
    }

    func run() throws {
        try common.apply()
        let paths = try states.paths(atLeast: Backtest.fewestStates)
        let means = try states.means(for: paths.count)
        try OutputFiles.check([("--html", html)], inputs: paths + means + checkpoint + [config, graph, losses])
        try OutputFiles.requireFolder(of: html, option: "--html")
        try OutputFiles.requireText(html, option: "--html", suffixes: OutputFiles.pages)
        if let forecasts { try OutputFolder.make(forecasts) }
        let (history, steps) = try states.open(paths, means: means)
        let newest = history.states[paths.count - 1]
        let backtest = try backtest(steps, hasMeans: !means.isEmpty)
        let task = try self.task.map(TaskDescription.asked)
        let config = config ?? task?.configuration
        let networks = config == nil && graph == nil ? [] : try self.networks(isEven: backtest.isEven)
        let target = try StepTarget(
            config: config, graph: graph, encoding: nil, needsGraph: networks.contains(where: \.needsGraph),
            inLayers: false, newest: newest, options: common, ranks: SingleProcess())
        let names = try target.names(in: history)
        let source = FileHistory(history, names: names.parameters, parameters: target.parameters)
        let losses = try self.losses.map(LossFile.init)
        let files = forecasts.map { ForecastFiles($0, steps: steps, newest: newest, names: names) }
        let judge = try task.map { try self.judge($0, config!, source, newest, names) }
        let progress = StepProgress(isQuiet: common.quiet || common.json)
        defer { progress.end() }
        var result: BacktestResult
        do {
            result = try backtest.run(
                source, networks: networks, graph: target.graph, receiver: judge ?? files,
                options: NowcastOptions(observer: progress, memory: memory << 20))
        } catch {
            files?.discard()
            if case NowcastError.stopped = error { throw Failure.interrupted }
            throw error
        }
        try losses?.add(to: &result)
        if losses != nil, let score = result.scores.first(where: { $0.gain == nil }) {
            Output.note(
                "--losses: not all forecasts have one, such as those of \(score.method) \(score.horizon) ahead: the "
                    + "sentence goes by distance")
        }
        progress.end()
        try show(result)
    }

    private func backtest(_ steps: [Int], hasMeans: Bool) throws -> Backtest {
        do {
            return try Backtest(steps: steps, horizons: k?.values, hasMeans: hasMeans)
        } catch {
            guard case .setting(let name, _, _) = error, name == "horizon" else { throw error }
            throw InputError("--k: \(error)")
        }
    }

    private func networks(isEven: Bool) throws -> [any Nowcaster] {
        guard isEven else {
            Output.note("the states are not equally far apart: networks, which expect that, are left out")
            return []
        }
        return try (checkpoint.isEmpty ? [Checkpoint.pretrainedName] : checkpoint).map {
            try NowcastNetwork(Checkpoint(named: $0)).nowcaster()
        }
    }

    private func judge(
        _ task: TaskDescription, _ config: String, _ source: FileHistory, _ newest: Checkpoint, _ names: FileNames
    ) throws -> any ForecastReceiver {
        let model = TrainableModel(try common.model(config))
        let judge = try WeightJudge(
            model, data: task.loadData(data.choice, for: model), task: task.name,
            buffers: names.buffers.mapValues { try newest.floats($0) })
        return ForecastLosses(source) { try judge.judge($0).loss }
    }

    private func show(_ result: BacktestResult) throws {
        if let html {
            let facts = Provenance(version: HostVersion.text).rows
            try AtomicFile.write(BacktestPage(result: result, facts: facts).html, to: html)
        }
        if common.json { return Output.line(result.json) }
        for line in BacktestText(result: result).lines(width: Terminal.output.width) { Output.line(line) }
        if let html { Output.line("report: \(html)") }
    }
}
