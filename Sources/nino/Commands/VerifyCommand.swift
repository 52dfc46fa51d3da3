import ArgumentParser
import Checkpoints
import JSONText
import Nowcasting
import PluginHost
import Presentation
import Training
import Verification

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Prove the permutation symmetries that plugins claim: of the function, of the neural graph, of the "
            + "nowcast.",
        discussion: """
            Without --plugin and --config, every plugin is verified on its sample configs. Each proof also has to \
            catch negative controls: \
            permutations that are no symmetry. Each plugin runs in a child process of its own. Exit status 1 if a \
            proof fails, 3 if a plugin \
            misbehaves, after all others were verified. What is proven and how to read the table: docs/verify.md.
            """)

    @Option(
        name: .customLong("plugin"),
        help: ArgumentHelp("A plugin to verify on its sample configs; may be given several times.", valueName: "id"))
    var plugins: [String] = []

    @Option(help: "A config to verify: a path, or a name that nino configs lists.")
    var config: String?

    @Option(
        help: ArgumentHelp(
            "A graph from a file to verify against the symmetries of the config, instead of the plugin's.",
            valueName: "file"))
    var graph: String?

    @Option(
        help: ArgumentHelp(
            "Logits of another implementation with their inputs, one safetensors file: compared first.",
            valueName: "file"))
    var against: String?

    @Option(help: ArgumentHelp("The weights that --against was made with.", valueName: "file"))
    var weights: String?

    @Option(help: "Random elements of each group.")
    var trials: Int = 3

    @Option(
        help: ArgumentHelp(
            "A NiNo or WNN+ checkpoint for the nowcast proof; without one, an untrained network.", valueName: "file"))
    var checkpoint: String?

    @Option(help: ArgumentHelp("Write what was found as a page: groups by proofs, with the blame.", valueName: "file"))
    var html: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        try SettingBounds.require(trials, "--trials", in: 1...1_000_000, "weeks of trials")
        guard plugins.isEmpty || config == nil else { throw ValidationError("give either --plugin or --config") }
        guard (against == nil) == (weights == nil), against == nil || config != nil else {
            throw ValidationError("--against needs --config and --weights, and --weights belongs to it")
        }
        guard graph == nil || config != nil else {
            throw ValidationError("--graph needs --config, whose symmetries it is verified against")
        }
    }

    func run() throws {
        try common.apply()
        try OutputFiles.check([("--html", html)], inputs: [config, graph, against, weights, checkpoint])
        try OutputFiles.requireFolder(of: html, option: "--html")
        try OutputFiles.requireText(html, option: "--html", suffixes: OutputFiles.pages)
        // One that cannot be read is said once, and not of a plugin.
        _ = try VerifyTask.nowcaster(checkpoint)
        if let graph { _ = try GraphFile.read(graph) }
        var output = VerifyOutput(json: common.json, isListing: config == nil)
        if let config {
            let configuration = try common.configuration(config)
            let plugin = try common.plugin(for: configuration)
            if let against, let weights { try compare(ReferenceLogits(file: against), weights, config) }
            let subject = VerifyTask.Subject.config(
                name: config, json: configuration.json, file: configuration.file, graph: graph)
            try verify([plugin], subject, &output)
        } else {
            let survey = try common.survey()
            if let missing = survey.missing.first { throw InputError(missing.line) }
            try verify(chosen(from: survey), .samples, &output)
            for rejection in survey.rejected where plugins.isEmpty { try output.add(rejection, status: 3) }
            if !common.json {
                Output.line()
                for line in TextWrapping.lines(of: output.summary, width: Terminal.output.width) {
                    Output.line(line, tone: output.status == nil ? .good : .bad)
                }
            }
        }
        if let html { try AtomicFile.write(output.page.html, to: html) }
        if let status = output.status { throw ExitCode(status) }
    }

    /// - Throws: exit status 1 if the logits differ.
    private func compare(_ reference: ReferenceLogits, _ weights: String, _ config: String) throws {
        let difference = try reference.difference(from: common.model(config), weights: weights)
        let holds = difference <= ReferenceLogits.tolerance
        let line =
            "logits differ from those of \(reference.file) by \(difference) of the largest, expected at most "
            + "\(ReferenceLogits.tolerance)"
        // Records stay one object a model.
        if common.json { Output.note(line) } else { Output.line("\(line): \(holds ? "equal" : "NOT EQUAL")") }
        if !holds { throw ExitCode(1) }
    }

    /// Verifies plugins, with `--trust` here, else each in a child of its own.
    private func verify(_ files: [String], _ subject: VerifyTask.Subject, _ output: inout VerifyOutput) throws {
        // Children share the threads, as far as they go.
        let threads = common.trust ? common.threads : max(1, common.threads / max(1, files.count))
        let tasks = files.map {
            VerifyTask(
                plugin: $0, subject: subject, trials: trials, seed: common.seed, checkpoint: checkpoint,
                threads: threads)
        }
        if common.trust {
            for task in tasks { try output.add(task) }
        } else {
            try common.isolation.run(tasks) { index, result in try output.add(result, of: files[index]) }
        }
    }

    /// Files of the plugins that were asked for, or of all.
    private func chosen(from survey: PluginSurvey) throws -> [String] {
        for id in plugins where !survey.plugins.contains(where: { $0.id == id }) {
            for rejection in survey.rejected { Output.note("rejected plugin: \(rejection.line)") }
            throw InputError(
                "--plugin \(id): no such plugin is installed, found \(survey.plugins.map(\.id).joined(separator: ", "))"
                    + Suggestion.question(about: id, among: survey.plugins.map(\.id)))
        }
        return survey.plugins.filter { plugins.isEmpty || plugins.contains($0.id) }.map(\.file)
    }
}
