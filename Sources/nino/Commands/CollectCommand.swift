import ArgumentParser
import Foundation
import JSONText
import PluginHost
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

    @OptionGroup var jobs: JobOptions

    @Option(
        help: ArgumentHelp(
            "Folder of the images, instead of NINO_DATA or where FashionMNIST's Debian package puts it.",
            valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "What language models learn, byte by byte. Default: data/shakespeare.txt.", valueName: "file"))
    var text: String?

    @OptionGroup var ranks: RankOptions

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
        for (value, name) in [(steps, "--steps"), (every, "--every")] {
            if let value { try SettingBounds.require(value, name, in: SettingBounds.steps, "decades of training") }
        }
    }

    private var families: [String]? { tasks?.split(separator: ",").map(String.init) }

    private func isAsked(_ family: CollectionPlan.Family) -> Bool { families?.contains(family.name) ?? true }

    func run() throws {
        try common.apply()
        let ranks = try self.ranks.join(common)
        let source = try chosenPlan()
        let seed = source.seed ?? common.seed
        let names = source.plan.families.filter(isAsked).map(\.task)
        let common = try ranks.firstLooksAtPlugins(common) { options in
            if ranks.size > 1 { try lookAtPlugins(of: source, seed: seed, options) }
            return options
        }
        let isJSON = common.json
        let progress = CollectionProgress(isShown: !common.quiet && !isJSON)
        defer { progress.end() }
        let collector = try Collector(
            source.plan, families: families, runsPerFamily: runs, seed: seed, version: HostVersion.text, folder: out,
            data: loadData(Set(names)), place: source.place,
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
        let isComplete = try collector.run(jobs: jobs.count, cancellation: watch.cancellation)
        progress.end()
        guard isComplete else {
            Output.note("stopped; the same command goes on")
            throw Failure.interrupted
        }
        if !common.json {
            let all = try CollectionManifest(contentsOf: out).runs.count
            Output.line("\(out): \(counted(all, "run")), \(collector.pendingCount) of them new")
        }
    }

    /// What every later rank then loads without looking.
    private func lookAtPlugins(of source: PlanFile, seed: UInt64, _ options: CommonOptions) throws {
        for family in source.plan.families.indices where isAsked(source.plan.families[family]) {
            let run = CollectionRun(source.plan, family: family, index: 0, seed: seed)
            let config = try JSONEncoder().encode(run.config)
            _ = try options.model(
                for: ModelConfiguration(json: config, file: "\(source.place)families[\(family)].config"))
        }
    }

    /// The plan with what the command line changes, checked.
    ///
    /// - Throws: `TrainingError` naming the option, or the plan's file and key.
    private func chosenPlan() throws -> PlanFile {
        var source = try plan.map { try PlanFile(contentsOf: $0) } ?? .standard
        for index in source.plan.families.indices {
            let key = "\(source.place)families[\(index)]"
            source.plan.families[index].steps = steps ?? source.plan.families[index].steps
            source.plan.families[index].interval = every ?? source.plan.families[index].interval
            if isAsked(source.plan.families[index]) { try requireStates(of: source.plan.families[index], key) }
        }
        try source.plan.validate(source.place, collecting: families)
        return source
    }

    /// - Throws: `invalidSetting` naming --steps or --every, if one of them leaves too few states.
    private func requireStates(of family: CollectionPlan.Family, _ key: String) throws(TrainingError) {
        guard family.interval > 0, family.interval <= SettingBounds.steps.upperBound,
            family.steps < family.fewestSteps
        else { return }
        if let steps {
            let interval = every == nil ? "\(key).interval" : "--every"
            throw .invalidSetting(
                name: "--steps", allowed: "at least \(family.fewestSteps), six times \(interval) (\(family.interval))",
                found: "\(steps)")
        }
        if let every {
            throw .invalidSetting(
                name: "--every", allowed: "at most \(family.steps / 6), a sixth of \(key).steps (\(family.steps))",
                found: "\(every)")
        }
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
