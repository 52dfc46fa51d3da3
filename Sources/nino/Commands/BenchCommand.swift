import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Training

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine and this build: the figures of the README, from one run.",
        discussion: """
            Without --config or --synthetic: this machine's matrix products, a training step and a nowcast of the \
            task's model, then steps \
            on files of gpt2-3x64 on one thread and on all. --all adds llama-6x384 and llama-3.2-1b, which take half \
            an hour and \
            18 GB of disk. With --config: a history of that model is drawn, written as files, stepped from, and \
            removed. \
            Short figures are the best of several tries, since other work on the machine only ever makes them worse.
            """)

    @Option(help: "The training task to time.")
    var task = "fm-16"

    @Option(help: ArgumentHelp("Folder of the data set.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("What task text learns.", valueName: "file"))
    var text: String?

    @Option(help: "Tries of each short measurement.")
    var tries = 5

    @Option(help: "Measure steps of this model only: a path, or a name that nino configs lists.")
    var config: String?

    @Flag(help: "Only steps on synthetic histories (what --config alone does too).")
    var synthetic = false

    @Flag(help: "The large models too.")
    var all = false

    @Option(help: "Type of the states with --config: f32, bf16 or f16.")
    var dtype: String?

    @Option(help: ArgumentHelp("Where the files of a synthetic history go; kept there.", valueName: "dir"))
    var keep: String?

    @Flag(name: .customLong("draw-only"), help: "Only draw the states of --config, and write them to --keep.")
    var drawOnly = false

    @Flag(
        name: .customLong("against-pytorch"),
        help: "Time a plain PyTorch edge-list form on the same files, and compare the results.")
    var againstPyTorch = false

    @Option(
        name: .customLong("pytorch-script"),
        help: ArgumentHelp("That form, if it is not in Tools/ of the sources.", valueName: "file"))
    var pytorchScript: String?

    @Flag(help: "Recompute random parts of the result edge by edge in double precision, and compare.")
    var check = false

    @OptionGroup var common: CommonOptions

    /// What --all measures, and how its states are stored.
    private static let sizes: [(config: String, dtype: DType)] = [
        ("gpt2-3x64", .f32), ("llama-6x384", .f32), ("llama-3.2-1b", .bf16),
    ]

    func validate() throws {
        guard (1...1000).contains(tries) else { throw ValidationError("--tries: expected 1 to 1000, found \(tries)") }
        if let dtype, !(DType(rawValue: dtype.uppercased())?.isFloatingPoint ?? false) {
            throw ValidationError("--dtype: expected f32, bf16, f16 or f64, found \(dtype)")
        }
        guard !(all && config != nil) else { throw ValidationError("give either --config or --all") }
        guard !drawOnly || config != nil && keep != nil else {
            throw ValidationError("--draw-only needs --config, and --keep for the files")
        }
    }

    func run() throws {
        try common.apply()
        let given = DType(rawValue: (dtype ?? "f32").uppercased())!
        if drawOnly {
            try OutputFolder.make(keep!)
            _ = try SyntheticHistory(
                common.model(config!).parameters, dtype: given, in: keep!, seed: common.seed)
            return
        }
        let figures = BenchFigures(isJSON: common.json, tries: tries, seed: common.seed)
        for threads in Set([1, common.threads]).sorted() {
            try figures.show("sgemm 4096x128x128, threads \(threads)", figures.productRate(threads: threads), "GFLOP/s")
        }
        if againstPyTorch && !PyTorchComparison.isAvailable {
            throw InputError("--against-pytorch: expected a python3 that can import torch, found none")
        }
        if config == nil && !synthetic { try measureTask(figures) }
        let sizes = config.map { [(config: $0, dtype: given)] } ?? (all ? Self.sizes : [Self.sizes[0]])
        for size in sizes { try measureSteps(size.config, size.dtype, figures) }
    }

    private func measureTask(_ figures: BenchFigures) throws {
        let task = try TaskDescription.named(task)
        let model = try common.model(task.configuration)
        let examples = try task.loadData(.init(folder: data, text: text), for: TrainableModel(model))
        try figures.show(
            "\(task.name) training step, batch \(task.batchSize)", figures.trainingStep(task, model, examples) * 1000,
            "ms")
        try figures.show("\(task.name) NiNo step, width 128", figures.nowcastInMemory(model) * 1000, "ms")
        try figures.show("\(task.name) positional encoding", figures.encoding(model) * 1000, "ms")
    }

    /// On one thread, and against PyTorch, only models for which that takes seconds and a few gigabytes.
    private func measureSteps(_ config: String, _ dtype: DType, _ figures: BenchFigures) throws {
        let folder = try BenchFolder(keep)
        defer { folder.remove() }
        let bench = try StepBench(config, dtype: dtype, in: folder.path, figures: figures, common: common)
        for threads in Set(bench.isSmall ? [1, common.threads] : [common.threads]).sorted() {
            for network in [StepBench.Network.drawn, .shipped] {
                try bench.measure(network, .float32, threads: threads)
            }
        }
        if ProductPrecision.bfloat16.isSupported {
            try bench.measure(.drawn, .bfloat16, threads: common.threads)
            let (rounded, exact) = (
                bench.output(.drawn, .bfloat16, threads: common.threads),
                bench.output(.drawn, .float32, threads: common.threads)
            )
            try figures.show(
                "\(config): bf16 against f32", bench.difference(rounded, from: exact) * 100, "% of the change")
        }
        if check { try StepCheck(bench).run(bench.output(.drawn, .float32, threads: common.threads)) }
        guard againstPyTorch else { return }
        guard bench.isSmall else {
            return Output.note("\(config): too large for an edge list in memory; not compared with PyTorch")
        }
        try PyTorchComparison.run(
            bench, script: PyTorchComparison.script(pytorchScript), threads: common.threads)
    }
}

/// A folder for the files of a measurement: the user's, or a temporary one that goes away.
private struct BenchFolder {
    let path: String
    private let isTemporary: Bool

    init(_ given: String?) throws {
        isTemporary = given == nil
        // Commands are given names in it, which must not look like options.
        path =
            given.map { $0.hasPrefix("-") ? "./" + $0 : $0 }
            ?? FileManager.default.temporaryDirectory.appendingPathComponent("nino-bench-\(UUID().uuidString)").path
        try OutputFolder.make(path)
    }

    func remove() {
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }
}
