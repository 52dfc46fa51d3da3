import ArgumentParser
import Foundation
import JSONText
import Nowcasting
import PluginHost
import Tensors

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Write for machines: one JSON object a line on standard output.")
    var json = false

    @Option(
        name: .customLong("plugin-path"),
        help: ArgumentHelp("A folder with plugins; may be given several times.", valueName: "dir"))
    var pluginPaths: [String] = []

    @Flag(help: "Load plugins in this process alone, without looking first in a child process what they do.")
    var trust = false

    @Option(
        name: .customLong("time-limit"),
        help: ArgumentHelp(
            "How long a plugin may take in a child process, without waits for a busy processor.", valueName: "seconds"))
    var timeLimit: Double = 60

    @Option(
        name: .customLong("memory-limit"),
        help: ArgumentHelp("How much memory a plugin may take in a child process.", valueName: "MiB"))
    var memoryLimit: Int = 4096

    @Option(help: "Threads to use. Results do not depend on it.")
    var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Seed of every random draw.")
    var seed: UInt64 = 1000

    @Flag(help: "No progress.")
    var quiet = false

    func validate() throws {
        guard (1...1024).contains(threads) else {
            throw ValidationError("--threads: expected 1 to 1024, found \(threads)")
        }
        guard timeLimit > 0, timeLimit <= 1e6 else {
            throw ValidationError("--time-limit: expected more than 0 and at most 1000000, found \(timeLimit)")
        }
        // With less, the host's own threads cannot start.
        guard (16...1 << 20).contains(memoryLimit) else {
            throw ValidationError("--memory-limit: expected 16 to \(1 << 20), found \(memoryLimit)")
        }
    }

    /// Applies what concerns the whole process.
    /// - Throws: `InputError` for a --plugin-path that is no folder: whoever names one means it to be searched.
    func apply() throws {
        Parallel.threads = threads
        Output.isQuiet = quiet
        for path in pluginPaths {
            guard let obstacle = PluginDirectories.obstacle(in: path) else { continue }
            throw InputError("--plugin-path: \(path): \(obstacle.reason)")
        }
    }

    /// Where plugins are looked for.
    var pluginDirectories: PluginDirectories {
        .standard(paths: pluginPaths, environment: ProcessInfo.processInfo.environment)
    }

    /// Child processes for plugins.
    var isolation: Isolation {
        Isolation(limits: IsolationLimits(seconds: timeLimit, memoryBytes: memoryLimit << 20))
    }

    /// All plugins, in search order, loaded in this process.
    func registry() -> PluginRegistry {
        PluginRegistry(searching: pluginDirectories)
    }

    /// What is installed: each plugin looked at in a child process, or with `--trust` in this one.
    /// - Parameter isExercising: whether each also has to do with its sample configs what commands will ask of it.
    func survey(isExercising: Bool = false) throws -> PluginSurvey {
        trust
            ? PluginSurvey(registry())
            : try PluginSurvey(searching: pluginDirectories, isolation, isExercising: isExercising)
    }

    /// The model a `--config` names.
    func model(_ config: String) throws -> Model {
        try model(for: configuration(config))
    }

    /// The same on several ranks: the first looks at plugins, and the others load the one it has found.
    func model(_ config: String, _ ranks: any Communicator) throws -> Model {
        guard ranks.size > 1 else { return try model(config) }
        let own = ranks.isFirst ? try model(config) : nil
        let file = try ranks.allGather(own?.architecture.file ?? "")[0]
        return try own ?? PluginRegistry(files: [file]).model(for: configuration(config))
    }

    /// What a `--config` names.
    /// - Throws: `PluginHostError`; for a name that is not there, `InputError` with the nearest one.
    func configuration(_ config: String) throws -> ModelConfiguration {
        let catalog = ConfigurationCatalog.standard
        do {
            return try catalog.load(config)
        } catch PluginHostError.configurationNotFound(let name, let searched) {
            let error = PluginHostError.configurationNotFound(name: name, searched: searched)
            let question = Suggestion.question(about: config, among: catalog.names)
            throw InputError("\(error)\(question.isEmpty ? "; nino configs lists the names" : question)")
        }
    }

    /// The model of a config.
    func model(for configuration: ModelConfiguration) throws -> Model {
        try find(configuration) { registry throws(PluginHostError) in
            try registry.model(for: configuration)
        } isolated: { recognition throws(PluginHostError) in
            try recognition.model(for: configuration)
        }
    }

    /// File of the plugin that knows a config.
    func plugin(for configuration: ModelConfiguration) throws -> String {
        try find(configuration) { registry throws(PluginHostError) in
            try registry.plugin(for: configuration).file
        } isolated: { recognition throws(PluginHostError) in
            try recognition.winner(for: configuration).file
        }
    }

    /// Looks for the plugin of a config in this process or a child. Folders of NINO_PLUGIN_PATH that are not there are
    /// mentioned, and rejected plugins when none is left that knows it.
    private func find<Found>(
        _ configuration: ModelConfiguration, trusting: (PluginRegistry) throws(PluginHostError) -> Found,
        isolated: (PluginRecognition) throws(PluginHostError) -> Found
    ) throws -> Found {
        var rejected: [PluginSurvey.Rejection] = []
        do throws(PluginHostError) {
            if trust {
                let registry = PluginRegistry(searching: pluginDirectories, for: configuration)
                let survey = PluginSurvey(registry)
                rejected = survey.rejected
                noteMissing(survey.missing)
                return try trusting(registry)
            }
            let recognition = try PluginRecognition(configuration, searching: pluginDirectories, isolation)
            noteMissing(recognition.missing)
            noteWaits(recognition.waited)
            rejected = recognition.rejected.filter { !recognition.waited.contains($0) }
            return try isolated(recognition)
        } catch {
            if case .unknownModelType = error {
                for rejection in rejected { Output.note("rejected plugin: \(rejection.line)") }
            }
            throw error
        }
    }

    private func noteMissing(_ folders: [PluginSurvey.Rejection]) {
        for folder in folders { Output.note("NINO_PLUGIN_PATH: \(folder.line)") }
    }

    /// Says for whom a command has waited.
    func noteWaits(_ plugins: [PluginSurvey.Rejection]) {
        for plugin in plugins { Output.note("waited for a plugin: \(plugin.line)") }
    }
}
