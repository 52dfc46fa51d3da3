import ArgumentParser
import PluginHost
import Presentation

struct ConfigsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "configs",
        abstract: "List the configs that --config takes by name, with the plugin that knows each.",
        usage: "nino configs [<options>]",
        discussion: """
            Searched: Architectures/ of the current folder and of every folder above the executable, and \
            share/nino/Architectures of the installation. A path to a config of your own works as well as a name.
            """)

    @OptionGroup var common: CommonOptions

    private struct Entry: Encodable {
        let name: String
        let modelType: String?
        let plugin: String?
        let parameters: Int?
        /// Why no plugin makes a model of it.
        let reason: String?
    }

    func run() throws {
        try common.apply()
        let catalog = ConfigurationCatalog.standard
        let configurations = catalog.names.map { name in (name: name, read: Result { try catalog.load(name) }) }
        let types = Set(configurations.compactMap { try? $0.read.get().modelType })
        // Of the plugins, those alone that say they know one of these.
        let survey = try common.survey()
        common.noteWaits(survey.waited)
        let files = survey.plugins.filter { !types.isDisjoint(with: $0.modelTypes) }.map(\.file)
        let registry = PluginRegistry(files: files)
        let entries = configurations.map { entry($0.name, $0.read, registry) }
        if common.json {
            for entry in entries { try Output.json(entry) }
        } else {
            show(entries)
        }
    }

    private func entry(
        _ name: String, _ read: Result<ModelConfiguration, any Error>, _ registry: PluginRegistry
    ) -> Entry {
        var modelType: String?
        do {
            let configuration = try read.get()
            modelType = configuration.modelType
            let model = try registry.model(for: configuration)
            return Entry(
                name: name, modelType: modelType, plugin: model.architecture.plugin,
                parameters: model.parameters.count, reason: nil)
        } catch {
            return Entry(name: name, modelType: modelType, plugin: nil, parameters: nil, reason: "\(error)".onOneLine())
        }
    }

    private func show(_ entries: [Entry]) {
        guard !entries.isEmpty else { return Output.line("no configs found") }
        var table = TextTable([
            .init("config"), .init("model type"), .init("plugin"), .init("parameters", isNumber: true),
        ])
        table.rows = entries.map {
            [$0.name, $0.modelType ?? "", $0.plugin ?? "none", $0.parameters.map { "\(grouped: $0)" } ?? ""]
        }
        for line in table.lines(width: Terminal.output.width) { Output.line(line) }
        for entry in entries {
            if let reason = entry.reason { Output.note("\(entry.name): \(reason)") }
        }
    }
}
