import Foundation

/// What a plugin is, for a listing.
public struct PluginSummary: Codable, Sendable, Equatable {
    public let id: String
    public let name: String
    public let version: String
    /// "1.0"
    public let abi: String
    public let file: String
    public let modelTypes: [String]
    public let neuralGraph: Bool
    public let forwardPass: Bool

    public init(_ plugin: PluginLibrary) {
        id = plugin.id
        name = plugin.name
        version = plugin.version
        abi = "\(plugin.abi.major).\(plugin.abi.minor)"
        file = plugin.file
        modelTypes = plugin.architectures.flatMap(\.modelTypes)
        neuralGraph = plugin.architectures.allSatisfy(\.hasNeuralGraph)
        forwardPass = plugin.architectures.allSatisfy(\.hasForwardPass)
    }
}

/// All plugins that were found, each loaded in a child of its own, so that none of its code has run in this process.
public struct PluginSurvey: Sendable {
    public struct Rejection: Sendable, Equatable, Encodable {
        public let file: String
        public let reason: String

        public init(file: String, reason: String) {
            self.file = file
            self.reason = reason
        }

        private enum CodingKeys: String, CodingKey {
            case file = "rejected"
            case reason
        }

        /// File and reason, for people.
        public var line: String { (reason.hasPrefix(file) ? reason : "\(file): \(reason)").onOneLine() }
    }

    /// In search order.
    public let plugins: [PluginSummary]
    /// In search order.
    public let rejected: [Rejection]
    /// Of `rejected`, those that this process waited for until it gave them up.
    public let waited: [Rejection]
    /// Folders the user named that could not be searched.
    public let missing: [Rejection]

    /// - Parameter isExercising: whether each plugin also has to recognize its sample configs, make their models,
    ///   graphs and forward passes, as commands will ask it to.
    /// - Throws: `isolationFailed`.
    public init(searching directories: PluginDirectories, _ isolation: Isolation, isExercising: Bool = false) throws {
        let candidates = directories.candidates()
        let (files, unfit) = PluginFile.read(candidates.files)
        var rejected = unfit
        var waited: [Rejection] = []
        var plugins: [PluginSummary] = []
        try isolation.withRecognitionLimit.run(files.map { LoadTask(file: $0.path, isAsking: isExercising) }) {
            index, result in
            if let rejection = Self.rejection(result, file: files[index].path, after: plugins) {
                rejected.append(rejection)
                if result.failure?.isTimeout == true { waited.append(rejection) }
            } else {
                plugins += result.records
            }
        }
        if isExercising {
            let loaded = plugins
            let tasks = loaded.map { RehearsalTask(file: $0.file, configs: [], architecture: nil) }
            try isolation.run(tasks) { index, result in
                guard let failure = result.failure else { return }
                rejected.append(Rejection(loaded[index].file, failure))
                plugins.removeAll { $0.file == loaded[index].file }
            }
        }
        let order = Dictionary(uniqueKeysWithValues: zip(candidates.files, 0...))
        self.plugins = plugins
        self.waited = waited
        self.rejected = rejected.sorted { order[$0.file] ?? .max < order[$1.file] ?? .max }
        missing = Self.missing(candidates.missing)
    }

    /// The same from plugins that are loaded in this process.
    public init(_ registry: PluginRegistry) {
        plugins = registry.plugins.map(PluginSummary.init)
        rejected = registry.rejected.map { Rejection(file: $0.file, reason: $0.reason.description) }
        waited = []
        missing = Self.missing(registry.missing)
    }

    static func missing(_ folders: [PluginDirectories.Missing]) -> [Rejection] {
        folders.map { Rejection(file: $0.path, reason: $0.reason) }
    }

    private static func rejection(_ result: IsolatedResult<PluginSummary>, file: String, after plugins: [PluginSummary])
        -> Rejection?
    {
        if let failure = result.failure { return Rejection(file, failure) }
        guard result.records.count == 1, result.records[0].file == file else {
            let forged = Misbehaviour(fault: .forgedResults, function: nil, hasReturned: true, lastWords: nil)
            return Rejection(file: file, reason: PluginHostError.misbehaved(file: file, forged).description)
        }
        guard let first = plugins.first(where: { $0.id == result.records[0].id }) else { return nil }
        let shadowed = PluginHostError.shadowed(file: file, id: first.id, by: first.file)
        return Rejection(file: file, reason: shadowed.description)
    }
}

extension PluginSurvey.Rejection {
    init(_ file: String, _ failure: IsolatedResult<some Sendable>.Failure) {
        let reason: String =
            switch failure {
            case .thrown(let message, _): message
            case .misbehaved(let misbehaviour): PluginHostError.misbehaved(file: file, misbehaviour).description
            }
        self.init(file: file, reason: reason)
    }
}

extension PluginFile {
    /// The files that may be plugins, and why the others are none.
    static func read(_ paths: [String]) -> (files: [PluginFile], rejected: [PluginSurvey.Rejection]) {
        var files: [PluginFile] = []
        var rejected: [PluginSurvey.Rejection] = []
        for path in paths {
            do throws(PluginHostError) {
                files.append(try PluginFile(path))
            } catch {
                rejected.append(.init(file: path, reason: error.description))
            }
        }
        return (files, rejected)
    }
}

/// Loads one plugin and tells what it is.
struct LoadTask: IsolatedTask {
    static let name = "load"
    let file: String
    /// Whether it is also asked about a config of nobody's.
    let isAsking: Bool
    var files: [String] { [file] }

    func run(report: (PluginSummary) throws -> Void) throws {
        let plugin = try PluginLibrary(file: file)
        if isAsking {
            let nobodys = try ModelConfiguration(json: Data(#"{"model_type": "none of yours"}"#.utf8), file: "config")
            for architecture in plugin.architectures { _ = architecture.score(nobodys) }
        }
        try report(PluginSummary(plugin))
    }
}
