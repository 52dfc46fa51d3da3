import ArgumentParser
import Foundation
import JSONText
import PluginHost
import Tensors
import Training

struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Train many small networks and keep their trajectories, to meta-train on.",
        discussion: """
            Architecture, width, depth, learning rate and seed of every run are drawn from the ranges of a plan. The \
            folder's manifest.json says \
            what each run was, and is itself a plan that makes the same collection again. A collection that was \
            interrupted, or is to have more \
            runs, goes on where it stopped.
            """)

    @Option(help: ArgumentHelp("Folder for trajectories and manifest.", valueName: "dir"))
    var out: String

    @Option(
        help:
            """
            Comma-separated families of the plan to collect; default: all \
            (\(CollectionPlan.standard.families.map(\.name).joined(separator: ", "))).
            """
    )
    var tasks: String?

    @Option(help: "Runs of each family.")
    var runs = 10

    @Option(help: ArgumentHelp("Another plan: JSON, or the manifest of a collection.", valueName: "file"))
    var plan: String?

    @Option(help: "Optimizer steps of every run, instead of the plan's.")
    var steps: Int?

    @Option(help: "Steps from one stored state to the next, instead of the plan's.")
    var every: Int?

    @Option(help: "Runs at the same time, one thread each. Default: --threads.")
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Folder of the images, instead of NINO_DATA or where FashionMNIST's Debian package puts it.",
            valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "What language models learn, byte by byte. Default: data/shakespeare.txt.", valueName: "file"))
    var text: String?

    @OptionGroup(title: "Ranks") var ranks: RankOptions

    @OptionGroup var common: CommonOptions

    private static let usualText = "data/shakespeare.txt"
    private static let context = 64

    private struct Line: Encodable {
        let file: String?
        let family: String
        let parameters: Int
        let outcome: String
    }

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs: expected 1 to 1024, found \(jobs)") }
    }

    func run() throws {
        try common.apply()
        let ranks = try self.ranks.join(common)
        let (plan, seed) = try chosenPlan()
        try plan.validate()
        let families = tasks?.split(separator: ",").map(String.init)
        let names = plan.families.filter { families?.contains($0.name) ?? true }.map(\.task)
        let common = try ranks.firstLooksAtPlugins(common) { options in
            if ranks.size > 1 {
                for family in plan.families.indices where families?.contains(plan.families[family].name) ?? true {
                    let run = CollectionRun(plan, family: family, index: 0, seed: seed)
                    _ = try options.model(
                        for: ModelConfiguration(json: JSONEncoder().encode(run.config), file: run.fileName))
                }
            }
            return options
        }
        let isJSON = common.json
        let progress = CollectionProgress(isShown: !common.quiet && !isJSON)
        let collector = try Collector(
            plan, families: families, runsPerFamily: runs, seed: seed, version: HostVersion.text, folder: out,
            data: loadData(Set(names)),
            model: { config, name in
                TrainableModel(
                    try common.model(for: ModelConfiguration(json: JSONEncoder().encode(config), file: name)))
            },
            ranks: ranks,
            onEvent: { event in
                if isJSON, case .finished(let entry, _, _) = event {
                    try? Output.json(
                        Line(
                            file: entry.file, family: entry.run.family, parameters: entry.parameters,
                            outcome: entry.outcome))
                }
                progress.show(event)
            })
        let watch = InterruptWatch()
        (ranks as? MPICommunicator)?.watch { [cancellation = watch.cancellation] in cancellation.isRequested }
        let isComplete = try collector.run(jobs: jobs ?? Parallel.threads, cancellation: watch.cancellation)
        progress.end()
        guard isComplete else {
            Output.note("stopped; the same command goes on")
            throw Failure.interrupted
        }
        if !common.json {
            Output.line(
                "\(out): \(try CollectionManifest(contentsOf: out).runs.count) runs, \(collector.pendingCount) of "
                    + "them new"
            )
        }
    }

    /// A manifest brings its seed along.
    private func chosenPlan() throws -> (CollectionPlan, seed: UInt64) {
        var (chosen, seed) = (CollectionPlan.standard, common.seed)
        if let plan {
            if let manifest = try? CollectionManifest(contentsOf: plan) {
                (chosen, seed) = (manifest.plan, manifest.seed)
            } else {
                chosen = try CollectionPlan(contentsOf: plan)
            }
        }
        for index in chosen.families.indices {
            chosen.families[index].steps = steps ?? chosen.families[index].steps
            chosen.families[index].interval = every ?? chosen.families[index].interval
        }
        return (chosen, seed)
    }

    private func loadData(_ tasks: Set<String>) throws -> [String: any DataSource] {
        var sources: [String: any DataSource] = [:]
        for name in tasks {
            switch try TaskDescription.named(name).dataSet {
            case .text: sources[name] = try ByteText(contentsOf: text ?? Self.usualText, context: Self.context)
            case .fashionMNIST: sources[name] = try FashionMNIST.load(folder: FashionMNIST.folder(requested: data))
            case .cifar10: sources[name] = try CIFAR.ten.load(folder: data)
            case .cifar100: sources[name] = try CIFAR.hundred.load(folder: data)
            }
        }
        return sources
    }
}
