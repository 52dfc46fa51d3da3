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

    /// Loads every candidate. A bad one is listed, never fatal; of two with one id the first in search order stays.
    public init(searching directories: PluginDirectories) {
        let candidates = directories.candidates()
        var plugins: [PluginLibrary] = []
        var rejected: [Rejection] = []
        for file in candidates.files {
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
        missing = candidates.missing
    }

    /// The architecture that recognizes a config best.
    /// - Throws: `unknownModelType` if none does, `ambiguous` if two do equally.
    public func architecture(for configuration: ModelConfiguration) throws(PluginHostError) -> Architecture {
        let scored = plugins.flatMap(\.architectures).map { (architecture: $0, score: $0.score(configuration)) }
        guard let best = scored.max(by: { $0.score < $1.score }), best.score > 0 else {
            let known = Set(plugins.flatMap(\.architectures).flatMap(\.modelTypes)).sorted()
            throw .unknownModelType(file: configuration.file, found: configuration.modelType, known: known)
        }
        let winners = scored.filter { $0.score == best.score }
        guard winners.count == 1 else {
            throw .ambiguous(file: configuration.file, first: winners[0].architecture.plugin, second: winners[1].architecture.plugin, score: best.score)
        }
        return best.architecture
    }

    /// Makes the model a config describes.
    /// - Throws: as `architecture(for:)`; `configurationRefused`, `pluginFailed`, `refused`.
    public func model(for configuration: ModelConfiguration) throws(PluginHostError) -> Model {
        try Model(architecture: architecture(for: configuration), configuration: configuration)
    }
}
