import ArgumentParser
import PluginHost

struct PluginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List installed plugins and every file that was rejected, with the reason.",
        discussion: """
            Searched: --plugin-path, then NINO_PLUGIN_PATH (folders separated by colons), then lib/nino of the installation, then the folder
            of the executable.
            Each file is loaded in a child process of its own, and files that other users could change are not loaded at all.
            """)

    @OptionGroup var common: CommonOptions

    private struct Rejected: Encodable {
        let rejected: String
        let reason: String
    }

    func run() throws {
        let survey = try common.survey()
        if common.json {
            for plugin in survey.plugins { try Output.json(plugin) }
            for file in survey.rejected { try Output.json(Rejected(rejected: file.file, reason: file.reason)) }
        } else {
            show(survey)
        }
    }

    private func show(_ survey: PluginSurvey) {
        if survey.plugins.isEmpty { Output.line("no plugins found") }
        for plugin in survey.plugins {
            Output.line("\(plugin.id) \(plugin.version)  \(plugin.name), ABI \(plugin.abi)")
            Output.line("    model types  \(plugin.modelTypes.joined(separator: ", "))")
            Output.line("    file         \(plugin.file)")
            if !plugin.neuralGraph { Output.line("    has no neural graph") }
            if !plugin.forwardPass { Output.line("    has no forward pass") }
        }
        if !survey.rejected.isEmpty { Output.line("rejected:") }
        for file in survey.rejected { Output.line("    \(file.line)") }
    }
}
