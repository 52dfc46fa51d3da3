import Foundation

/// Finds the plugin that knows a config, in a child process, so that this process loads no other.
public struct PluginRecognition: Sendable {
    public let rejected: [PluginSurvey.Rejection]
    private let known: [Known]
    /// Plugins that recognize the config and then misbehaved with it.
    private let misbehaviours: [String: Misbehaviour]

    /// - Throws: `isolationFailed`.
    public init(_ configuration: ModelConfiguration, searching directories: PluginDirectories, _ isolation: Isolation)
        throws(PluginHostError)
    {
        let candidates = directories.candidates()
        var rejected: [PluginSurvey.Rejection] = []
        var known: [Known] = []
        var misbehaviours: [String: Misbehaviour] = [:]
        var files = candidates.files[...]
        // One child for all as long as they behave; one that does not ends it, and the next child goes on with the
        // rest.
        while !files.isEmpty {
            let task = RecognitionTask(files: Array(files), config: configuration.json, configFile: configuration.file)
            let result = try isolation.run(task)
            var file = files.first!
            for record in result.records {
                switch record {
                case .trying(let next): file = next
                case .known(let plugin): known.append(plugin)
                case .rejected(let reason): rejected.append(.init(file: file, reason: reason))
                }
            }
            switch result.failure {
            case nil: files = []
            case .thrown(let message, _): throw .isolationFailed(reason: message)
            case .misbehaved(let misbehaviour):
                if known.last?.file == file {
                    misbehaviours[file] = misbehaviour
                } else {
                    rejected.append(
                        .init(file: file, reason: PluginHostError.misbehaved(file: file, misbehaviour).description))
                }
                files = files.drop { $0 != file }.dropFirst()
            }
        }
        self.known = known
        self.misbehaviours = misbehaviours
        self.rejected = rejected + PluginSurvey.missing(candidates.missing)
    }

    /// The plugin that recognizes the config best: its file, and which of its architectures it is.
    /// - Throws: `unknownModelType`, `ambiguous`, `misbehaved`.
    public func winner(for configuration: ModelConfiguration) throws(PluginHostError) -> (
        file: String, architecture: Int
    ) {
        var ids: Set<String> = []
        let first = known.filter { ids.insert($0.id).inserted }
        let scored = first.flatMap { plugin in
            plugin.scores.indices.map { (plugin: plugin, index: $0, score: plugin.scores[$0]) }
        }
        let winner = try configuration.best(
            of: scored.map { ($0.plugin.id, $0.score) }, modelTypes: first.flatMap(\.modelTypes))
        let (plugin, index, _) = scored[winner]
        if let misbehaviour = misbehaviours[plugin.file] { throw .misbehaved(file: plugin.file, misbehaviour) }
        return (plugin.file, index)
    }

    /// The model, made by that plugin, which is loaded for it.
    /// - Throws: as `winner(for:)`; what loading a plugin and making a model throw.
    public func model(for configuration: ModelConfiguration) throws(PluginHostError) -> Model {
        let (file, index) = try winner(for: configuration)
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

/// Asks plugins about a config; those that recognize it also make the model, once, to see whether they can.
struct RecognitionTask: IsolatedTask {
    static let name = "recognize"
    let files: [String]
    let config: String
    let configFile: String

    enum Record: Codable, Sendable {
        case trying(file: String)
        case known(Known)
        case rejected(reason: String)
    }

    func run(report: (Record) throws -> Void) throws {
        let configuration = try ModelConfiguration(json: Data(config.utf8), file: configFile)
        for file in files {
            try report(.trying(file: file))
            do {
                let plugin = try PluginLibrary(file: file)
                let scores = plugin.architectures.map { $0.score(configuration) }
                try report(
                    .known(
                        Known(
                            file: file, id: plugin.id, modelTypes: plugin.architectures.flatMap(\.modelTypes),
                            scores: scores)))
                for (architecture, score) in zip(plugin.architectures, scores) where score > 0 {
                    rehearse(architecture, configuration)
                }
            } catch let error as PluginHostError {
                try report(.rejected(reason: error.description))
            }
        }
    }

    /// What the plugin refuses here it will refuse again, to the process that asks for the model.
    private func rehearse(_ architecture: Architecture, _ configuration: ModelConfiguration) {
        guard let model = try? Model(architecture: architecture, configuration: configuration) else { return }
        if architecture.hasNeuralGraph { _ = try? model.constructedGraph() }
        if architecture.hasForwardPass { _ = try? model.inputTypes(batch: 2, length: 2) }
    }
}
