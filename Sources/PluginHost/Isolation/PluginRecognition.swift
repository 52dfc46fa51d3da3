import Foundation

/// Finds the plugin that knows a config, in child processes, so that this process loads no other.
///
/// Plugins whose manifest names other model types are not asked at all. Each of the rest is asked in a child of its
/// own, which has seconds, so that a bad one costs no more than that and harms no other.
public struct PluginRecognition: Sendable {
    public let rejected: [PluginSurvey.Rejection]
    /// Of `rejected`, those that this process waited for until it gave them up.
    public let waited: [PluginSurvey.Rejection]
    /// Folders the user named that could not be searched.
    public let missing: [PluginSurvey.Rejection]
    private let known: [Known]
    /// Of all plugins, those that were not asked too.
    private let modelTypes: [String]
    private let isolation: Isolation

    /// - Throws: `isolationFailed`.
    public init(_ configuration: ModelConfiguration, searching directories: PluginDirectories, _ isolation: Isolation)
        throws(PluginHostError)
    {
        let candidates = directories.candidates()
        let (files, unfit) = PluginFile.read(candidates.files)
        let asked = files.filter { $0.mayKnow(configuration.modelType) }
        var rejected = unfit
        var waited: [PluginSurvey.Rejection] = []
        var known: [Known] = []
        let tasks = asked.map {
            RecognitionTask(file: $0.path, config: configuration.json, configFile: configuration.file)
        }
        do {
            try isolation.withRecognitionLimit.run(tasks) { index, result in
                known += result.records
                guard let failure = result.failure else { return }
                let rejection = PluginSurvey.Rejection(asked[index].path, failure)
                rejected.append(rejection)
                if failure.isTimeout { waited.append(rejection) }
            }
        } catch let error as PluginHostError {
            throw error
        } catch {
            throw .isolationFailed(reason: "\(error)")
        }
        self.known = known
        self.waited = waited
        self.isolation = isolation
        modelTypes = files.flatMap { $0.manifest?.modelTypes ?? [] } + known.flatMap(\.modelTypes)
        self.rejected = rejected
        missing = PluginSurvey.missing(candidates.missing)
    }

    /// The plugin that recognizes the config best: its file, and which of its architectures it is.
    /// - Throws: `unknownModelType`, `ambiguous`.
    public func winner(for configuration: ModelConfiguration) throws(PluginHostError) -> (
        file: String, architecture: Int
    ) {
        var ids: Set<String> = []
        let first = known.filter { ids.insert($0.id).inserted }
        let scored = first.flatMap { plugin in
            plugin.scores.indices.map { (plugin: plugin, index: $0, score: plugin.scores[$0]) }
        }
        let winner = try configuration.best(of: scored.map { ($0.plugin.id, $0.score) }, modelTypes: modelTypes)
        return (scored[winner].plugin.file, scored[winner].index)
    }

    /// The model, made by that plugin, which is loaded for it once it has made it in a child.
    /// - Throws: as `winner(for:)`; `misbehaved`; what loading a plugin and making a model throw.
    public func model(for configuration: ModelConfiguration) throws(PluginHostError) -> Model {
        let (file, index) = try winner(for: configuration)
        let rehearsal = RehearsalTask(
            file: file, configs: [.init(json: configuration.json, name: configuration.file)], architecture: index)
        // What the plugin refuses there it will refuse again here, to be told in its words.
        if case .misbehaved(let misbehaviour)? = try isolation.run(rehearsal).failure {
            throw .misbehaved(file: file, misbehaviour)
        }
        let library = try PluginLibrary(file: file)
        guard library.architectures.indices.contains(index) else {
            throw .malformedEntry(file: file, field: "architecture_count", expected: "\(index + 1) or more, as before")
        }
        return try Model(architecture: library.architectures[index], configuration: configuration)
    }
}

/// A plugin and how sure it is of a config.
struct Known: Codable, Sendable {
    let file: String
    let id: String
    let modelTypes: [String]
    /// Of each of its architectures.
    let scores: [Int]
}

/// Asks a plugin how sure it is of a config.
struct RecognitionTask: IsolatedTask {
    static let name = "recognize"
    let file: String
    let config: String
    let configFile: String
    var files: [String] { [file] }

    func run(report: (Known) throws -> Void) throws {
        let configuration = try ModelConfiguration(json: Data(config.utf8), file: configFile)
        let plugin = try PluginLibrary(file: file)
        let scores = plugin.architectures.map { $0.score(configuration) }
        try report(
            Known(
                file: file, id: plugin.id, modelTypes: plugin.architectures.flatMap(\.modelTypes), scores: scores))
    }
}
