import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Presentation
import Training

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merge models that were fine-tuned from one base into one.",
        discussion: """
            By their mean, task arithmetic (base + weight · the sum of the changes), TIES (largest changes, elected \
            signs) or NiNo, which sees base, A, B, B, A as states. Files are read piece by piece, so any size will \
            do. The output has the names, types, sharding and metadata of the base, and its buffers.
            """)

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case mean, arithmetic, ties, nino
    }

    @Option(help: ArgumentHelp("The checkpoint that all were trained from.", valueName: "file"))
    var base: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Two checkpoints or more; nino takes up to four.", valueName: "file"))
    var models: [String]

    @Option(help: "How: mean, arithmetic, ties or nino.")
    var method: Method

    @Option(
        help: """
            What the changes are multiplied by. Default: \(TaskArithmetic.usualWeight) with arithmetic, 1 with ties, \
            the checkpoint's with nino.
            """)
    var weight: Double?

    @Option(help: "With ties: share of each change that is kept. Default: \(TIES.usualDensity).")
    var density: Double?

    @Option(help: ArgumentHelp("With nino: states ahead, of which the mean is taken. Default: 1,2,3,4,5."))
    var k: IntegerList?

    @Option(help: "A config: a path, or a name that nino configs lists; nino needs it.")
    var config: String?

    @Option(help: ArgumentHelp("With nino: a NiNo checkpoint instead of the one that ships.", valueName: "file"))
    var checkpoint: String?

    @Option(help: ArgumentHelp("Where the merged weights go: safetensors, or a folder.", valueName: "file"))
    var out: String

    @Option(
        help: ArgumentHelp(
            "Says what base, models and result come to on the evaluation set of this task.", valueName: "name"))
    var task: String?

    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("Writes a report with pictures.", valueName: "file"))
    var html: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard models.count >= 2 else { throw ValidationError("--models: expected two or more, found \(models.count)") }
        guard method != .nino || models.count <= 4 else {
            throw ValidationError("--method nino: expected two to four --models, found \(models.count)")
        }
        guard weight == nil || method != .mean else {
            throw ValidationError("--weight is for --method arithmetic, ties and nino")
        }
        guard weight?.isFinite ?? true else { throw ValidationError("--weight: expected a finite number") }
        guard density == nil || method == .ties else { throw ValidationError("--density is for --method ties") }
        if let density, !(density > 0 && density <= 1) {
            throw ValidationError("--density: expected more than 0, at most 1, found \(density)")
        }
        guard method == .nino || (k == nil && checkpoint == nil) else {
            throw ValidationError("--k and --checkpoint are for --method nino")
        }
        for k in k?.values ?? [] {
            try SettingBounds.require(k, "--k", in: SettingBounds.horizons, "further than anything is predicted")
        }
        guard method != .nino || config != nil || task != nil else {
            throw ValidationError("--method nino needs --config: it sees a graph")
        }
        guard task != nil || data.isEmpty else {
            throw ValidationError("--data, --text, --tokenizer, --context and --classes are for --task")
        }
    }

    private func merger() throws -> any Merger {
        switch method {
        case .mean: return MeanMerge()
        case .arithmetic: return TaskArithmetic(weight: weight ?? TaskArithmetic.usualWeight)
        case .ties: return TIES(weight: weight ?? 1, density: density ?? TIES.usualDensity)
        case .nino:
            let file = try Checkpoint(named: checkpoint ?? Checkpoint.pretrainedName)
            let network = try NowcastNetwork(file, updateScale: weight.map(Float.init))
            return NowcastMerge(network.nowcaster(), horizons: k?.values ?? NowcastMerge.usualHorizons)
        }
    }

    func run() throws {
        try common.apply()
        let paths = [base] + models
        try OutputFiles.requireSafetensors(out, option: "--out")
        try OutputFiles.check([("--out", out), ("--html", html)], inputs: paths + [checkpoint, config])
        try OutputFiles.requireFolder(of: html, option: "--html")
        try OutputFiles.requireText(html, option: "--html", suffixes: OutputFiles.pages)
        let merger = try merger()
        let task = try self.task.map(TaskDescription.asked)
        let config = config ?? task?.configuration
        let history = try History(opening: paths, count: nil)
        let target = try StepTarget(
            config: config, graph: nil, encoding: nil, needsGraph: method == .nino, inLayers: false,
            newest: history.states[0], options: common, ranks: SingleProcess())
        let names = try target.names(in: history)
        let judge = try task.map { try ModelJudgement($0, data: data.choice, config: config!, common: common) }
        let progress = StepProgress(isQuiet: common.quiet || common.json)
        defer { progress.end() }
        let file = try ResultFile(out, like: history.states[0], names: names)
        do {
            try merger.merge(
                FileHistory(history, names: names.parameters, parameters: target.parameters), models: models.count,
                graph: target.graph, into: file.sink, options: NowcastOptions(observer: progress))
            try file.commit()
        } catch {
            file.discard()
            if case NowcastError.stopped = error { throw Failure.interrupted }
            throw error
        }
        try history.states[0].copySideFiles(to: out)
        let all = try History(opening: paths + [out], count: nil)
        let distances = try StateDistances(
            FileHistory(all, names: names.parameters, parameters: target.parameters), states: all.states.count,
            options: NowcastOptions(observer: progress))
        progress.end()
        let report = MergeReport(
            out: out, method: merger.name, parameters: target.parameters.count,
            names: ["base"] + Self.titles(models) + ["merged"], distances: distances,
            scores: try judge.map { judge in try (paths + [out]).map(judge.score) })
        try show(report)
    }

    /// The last component of each path, or as many as tell them apart.
    private static func titles(_ paths: [String]) -> [String] {
        let parts = paths.map { URL(fileURLWithPath: $0).standardizedFileURL.pathComponents }
        let deepest = parts.map(\.count).max() ?? 1
        let count = (1...deepest).first { count in Set(parts.map { $0.suffix(count) }).count == Set(parts).count }
        return parts.map { $0.suffix(count ?? 1).joined(separator: "/") }
    }

    private func show(_ report: MergeReport) throws {
        if let html {
            try AtomicFile.write(report.html(facts: Provenance(version: HostVersion.text).rows), to: html)
        }
        if common.json { return try Output.json(report.content) }
        for line in report.lines(width: Terminal.output.width) { Output.line(line) }
        if let html { Output.line("report: \(html)") }
    }
}
