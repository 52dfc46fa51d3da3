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
    public let rejected: [Rejection]
    /// Folders the user named that could not be searched.
    public let missing: [Rejection]

    /// - Throws: `isolationFailed`.
    public init(searching directories: PluginDirectories, _ isolation: Isolation) throws {
        let candidates = directories.candidates()
        var plugins: [PluginSummary] = []
        var rejected: [Rejection] = []
        try isolation.run(candidates.files.map { LoadTask(file: $0) }) { index, result in
            let file = candidates.files[index]
            if let reason = Self.reason(result, file: file, after: plugins) {
                rejected.append(Rejection(file: file, reason: reason))
            } else {
                plugins += result.records
            }
        }
        self.plugins = plugins
        self.rejected = rejected
        missing = Self.missing(candidates.missing)
    }

    /// The same from plugins that are loaded in this process.
    public init(_ registry: PluginRegistry) {
        plugins = registry.plugins.map(PluginSummary.init)
        rejected = registry.rejected.map { Rejection(file: $0.file, reason: $0.reason.description) }
        missing = Self.missing(registry.missing)
    }

    static func missing(_ folders: [PluginDirectories.Missing]) -> [Rejection] {
        folders.map { Rejection(file: $0.path, reason: $0.reason) }
    }

    private static func reason(_ result: IsolatedResult<PluginSummary>, file: String, after plugins: [PluginSummary])
        -> String?
    {
        switch result.failure {
        case .thrown(let message, _): return message
        case .misbehaved(let misbehaviour): return PluginHostError.misbehaved(file: file, misbehaviour).description
        case nil:
            guard result.records.count == 1, result.records[0].file == file else {
                return PluginHostError.misbehaved(
                    file: file, Misbehaviour(fault: .forgedResults, function: nil, hasReturned: true, lastWords: nil)
                ).description
            }
            guard let first = plugins.first(where: { $0.id == result.records[0].id }) else { return nil }
            return PluginHostError.shadowed(file: file, id: first.id, by: first.file).description
        }
    }
}

/// Loads one plugin and tells what it is.
struct LoadTask: IsolatedTask {
    static let name = "load"
    let file: String

    func run(report: (PluginSummary) throws -> Void) throws {
        try report(PluginSummary(try PluginLibrary(file: file)))
    }
}
