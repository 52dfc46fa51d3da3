import ArgumentParser
import PluginHost

struct PluginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List installed plugins and every file that was rejected, with the reason.",
        usage: "nino plugins [<options>]",
        discussion: """
            Searched: --plugin-path, then NINO_PLUGIN_PATH (folders separated by colons), then lib/nino of the \
            installation, then the folder \
            of the executable. \
            Each file is loaded in a child process of its own, and files that other users could change are not loaded \
            at all.
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.apply()
        let survey = try common.survey(isExercising: true)
        let rejected = survey.rejected + survey.missing
        if common.json {
            for plugin in survey.plugins { try Output.json(plugin) }
            for file in rejected { try Output.json(file) }
        } else {
            show(survey.plugins, rejected)
        }
    }

    private func show(_ plugins: [PluginSummary], _ rejected: [PluginSurvey.Rejection]) {
        if plugins.isEmpty { Output.line("no plugins found") }
        for plugin in plugins {
            Output.line("\(plugin.id) \(plugin.version)  \(plugin.name), ABI \(plugin.abi)")
            Output.line("    model types  \(plugin.modelTypes.joined(separator: ", "))")
            Output.line("    file         \(plugin.file)")
            if !plugin.neuralGraph { Output.line("    has no neural graph") }
            if !plugin.forwardPass { Output.line("    has no forward pass") }
        }
        if !rejected.isEmpty { Output.line("rejected:") }
        for file in rejected { Output.line("    \(file.line)") }
    }
}
