/// All plugins that were found, and every file that was rejected, with its reason.
public struct PluginRegistry: Sendable {
    public struct Rejection: Sendable, Equatable {
        public let file: String
        public let reason: PluginHostError
    }

    public let plugins: [PluginLibrary]
    public let rejected: [Rejection]
    /// Folders the user named that could not be searched.
    public let missing: [PluginDirectories.Missing]

    /// Of all plugins that were found, those that were not loaded too.
    private let modelTypes: [String]

    /// Loads every candidate, or those that may know a config. A bad one is listed, never fatal; of two with one id the
    /// first in search order stays.
    public init(searching directories: PluginDirectories, for configuration: ModelConfiguration? = nil) {
        let candidates = directories.candidates()
        guard let configuration else {
            self.init(files: candidates.files, missing: candidates.missing)
            return
        }
        let looked = candidates.files.map { (path: $0, file: try? PluginFile($0)) }
        self.init(
            files: looked.filter { $0.file?.mayKnow(configuration.modelType) ?? true }.map(\.path),
            missing: candidates.missing, modelTypes: looked.flatMap { $0.file?.manifest?.modelTypes ?? [] })
    }

    /// Loads these files.
    public init(files: [String], missing: [PluginDirectories.Missing] = []) {
        self.init(files: files, missing: missing, modelTypes: [])
    }

    private init(files: [String], missing: [PluginDirectories.Missing], modelTypes: [String]) {
        var plugins: [PluginLibrary] = []
        var rejected: [Rejection] = []
        for file in files {
            do throws(PluginHostError) {
                let plugin = try PluginLibrary(file: file)
                if let first = plugins.first(where: { $0.id == plugin.id }) {
                    throw PluginHostError.shadowed(file: file, id: plugin.id, by: first.file)
                }
                plugins.append(plugin)
            } catch {
                rejected.append(Rejection(file: file, reason: error))
            }
        }
        self.plugins = plugins
        self.rejected = rejected
        self.missing = missing
        self.modelTypes = modelTypes + plugins.flatMap(\.architectures).flatMap(\.modelTypes)
    }

    /// The architecture that recognizes a config best.
    /// - Throws: `unknownModelType` if none does, `ambiguous` if two do equally.
    public func architecture(for configuration: ModelConfiguration) throws(PluginHostError) -> Architecture {
        let architectures = plugins.flatMap(\.architectures)
        let scores = architectures.map { ($0.plugin, $0.score(configuration)) }
        return architectures[try configuration.best(of: scores, modelTypes: modelTypes)]
    }

    /// The plugin of that architecture.
    /// - Throws: as `architecture(for:)`.
    public func plugin(for configuration: ModelConfiguration) throws(PluginHostError) -> PluginLibrary {
        let architecture = try architecture(for: configuration)
        return plugins.first { $0.architectures.contains { $0 === architecture } }!
    }

    /// Makes the model a config describes.
    /// - Throws: as `architecture(for:)`; `configurationRefused`, `pluginFailed`, `refused`.
    public func model(for configuration: ModelConfiguration) throws(PluginHostError) -> Model {
        try Model(architecture: architecture(for: configuration), configuration: configuration)
    }
}

extension ModelConfiguration {
    /// Index of the architecture that is surest of this config.
    /// - Parameter modelTypes: all that are known, for the message.
    /// - Throws: `unknownModelType` if none recognizes it, `ambiguous` if two do equally.
    func best(of scores: [(plugin: String, score: Int)], modelTypes: [String]) throws(PluginHostError) -> Int {
        guard let best = scores.map(\.score).max(), best > 0 else {
            throw .unknownModelType(file: file, found: givenModelType, known: Set(modelTypes).sorted())
        }
        let winners = scores.indices.filter { scores[$0].score == best }
        guard winners.count == 1 else {
            throw .ambiguous(
                file: file, first: scores[winners[0]].plugin, second: scores[winners[1]].plugin, score: best)
        }
        return winners[0]
    }
}
