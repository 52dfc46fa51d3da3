import ArgumentParser
import Foundation
import NeuralGraphs
import Nowcasting
import PluginHost
import Verification

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove the permutation symmetries that plugins claim: of the function, of the neural graph, of the nowcast.",
        discussion: """
            Without --plugin and --config, every plugin is verified on its sample configs. Each proof also has to catch negative controls:
            permutations that are no symmetry. Exit status 1 if anything fails. What is proven and how to read the table: docs/verify.md.
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .customLong("plugin"), help: ArgumentHelp("A plugin to verify on its sample configs; may be given several times.", valueName: "id"))
    var plugins: [String] = []

    @Option(help: "A config to verify: a path, or a name in Architectures/.")
    var config: String?

    @Option(help: ArgumentHelp("A graph from a file to verify against the symmetries of the config, instead of the plugin's.", valueName: "file"))
    var graph: String?

    @Option(help: "Random elements of each group.")
    var trials: Int = 3

    @Option(help: ArgumentHelp("A NiNo or WNN+ checkpoint for the nowcast proof; without one, an untrained network.", valueName: "file"))
    var checkpoint: String?

    func validate() throws {
        guard trials >= 1 else { throw ValidationError("--trials: expected at least 1, found \(trials)") }
        guard plugins.isEmpty || config == nil else { throw ValidationError("give either --plugin or --config") }
        guard graph == nil || config != nil else { throw ValidationError("--graph needs --config, whose symmetries it is verified against") }
    }

    func run() throws {
        common.apply()
        let nowcaster = try checkpoint.map { Nowcaster(try NowcastCheckpoint(opening: $0)) }
        var reports: [VerificationReport] = []
        func add(_ report: VerificationReport) throws {
            try show(report, isFirst: reports.isEmpty)
            reports.append(report)
        }
        if let config, let graph {
            try add(verify(graph, against: config, nowcaster))
        } else {
            let verifier = Verifier(trials: trials, seed: common.seed, nowcaster: nowcaster)
            for (name, model) in try config.map({ [($0, try common.model($0))] }) ?? samples(common.registry()) {
                try add(verifier.verify(Subject(model), name: name))
            }
            if config == nil && !common.json { Output.line("\n\(Self.summary(reports))") }
        }
        if !reports.allSatisfy(\.holds) { throw Failure.answerIsNo }
    }

    private func verify(_ graph: String, against config: String, _ nowcaster: Nowcaster?) throws -> VerificationReport {
        let model = try common.model(config)
        let file = try GraphFile.read(graph)
        let verifier = GraphFileVerifier(trials: trials, seed: common.seed, nowcaster: nowcaster)
        return try verifier.verify(file.edges, words: file.words, parameters: file.parameters, of: model, name: graph)
    }

    private func show(_ report: VerificationReport, isFirst: Bool) throws {
        if common.json { return try Output.json(report) }
        if !isFirst { Output.line() }
        for line in ReportTable(report).lines { Output.line(line) }
    }

    /// Models of the sample configs of all plugins, or of those asked for.
    private func samples(_ registry: PluginRegistry) throws -> [(name: String, model: Model)] {
        for id in plugins where !registry.plugins.contains(where: { $0.id == id }) {
            throw InputError("--plugin \(id): no such plugin is installed, found \(registry.plugins.map(\.id).joined(separator: ", "))")
        }
        let chosen = registry.plugins.filter { plugins.isEmpty || plugins.contains($0.id) }
        return try chosen.flatMap(\.architectures).flatMap { architecture in
            try architecture.sampleConfigurations.enumerated().map { index, json in
                let name = "sample \(index + 1)"
                return (name, try registry.model(for: ModelConfiguration(json: Data(json.utf8), file: "\(architecture.plugin) \(name)")))
            }
        }
    }

    private static func summary(_ reports: [VerificationReport]) -> String {
        let plugins = Set(reports.map(\.plugin)).count
        let failing = reports.count { !$0.holds }
        let verdict = failing == 0 ? "all proofs hold" : "\(failing) of them FAIL"
        let controls = "\(reports.reduce(0) { $0 + $1.caught }) of \(reports.reduce(0) { $0 + $1.controls }) controls caught"
        return "\(plugins) plugins, \(reports.count) models: \(verdict), \(controls), \(reports.reduce(0) { $0 + $1.inert.count }) inert"
    }
}
