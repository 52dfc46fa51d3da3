import Checkpoints
import JSONText

/// Why a plugin or a config was not taken. The descriptions are one line each, for people.
public enum PluginHostError: Error, Sendable, Equatable, CustomStringConvertible {
    // What the user gave.
    case configurationNotFound(name: String, searched: [String])
    case configurationUnreadable(file: String, reason: String)
    case configurationFile(CheckpointError)
    case configurationNotJSON(JSONError)
    case configurationNotAnObject(file: String, found: String)
    /// `found` as it stands in the file, in quotes if it is a text.
    case unknownModelType(file: String, found: String?, known: [String])
    case ambiguous(file: String, first: String, second: String, score: Int)
    case configurationRefused(file: String, plugin: String, message: String)
    case contradictingNames(file: String, prefix: String, with: String, without: String)
    case extensionAbsent(plugin: String, extensionID: String, needed: String)
    case isolationFailed(reason: String)

    // What a plugin did.
    case notTrusted(file: String, reason: String)
    case notLoadable(file: String, reason: String)
    case noEntry(file: String)
    case nullEntry(file: String, hostMajor: Int)
    case wrongMajor(file: String, expected: Int, found: Int)
    case malformedManifest(file: String, String)
    case hostTooOld(file: String, needed: Version)
    case malformedEntry(file: String, field: String, expected: String)
    case malformedArchitecture(plugin: String, field: String, expected: String)
    case malformedCustomOp(plugin: String, op: String, signature: String, message: String)
    case pluginFailed(plugin: String, function: String, status: Int, message: String)
    case refused(plugin: String, function: String, message: String)
    case shadowed(file: String, id: String, by: String)
    case misbehaved(file: String, Misbehaviour)

    /// True if the plugin misbehaved, false if the user's input is at fault.
    public var isPluginFault: Bool {
        switch self {
        case .configurationNotFound, .configurationUnreadable, .configurationFile, .configurationNotJSON,
            .configurationNotAnObject,
            .unknownModelType, .ambiguous, .configurationRefused, .contradictingNames, .extensionAbsent,
            .isolationFailed:
            false
        case .notTrusted, .notLoadable, .noEntry, .nullEntry, .wrongMajor, .malformedManifest, .hostTooOld,
            .malformedEntry,
            .malformedArchitecture,
            .malformedCustomOp,
            .pluginFailed, .refused, .shadowed, .misbehaved:
            true
        }
    }

    public var description: String {
        switch self {
        case .configurationNotFound(let name, let searched):
            "config \"\(name)\": expected a file or a name in Architectures/, found neither (searched "
                + "\(searched.isEmpty ? "nowhere" : searched.joined(separator: ", ")))"
        case .configurationUnreadable(let file, let reason): "\(file): \(reason)"
        case .configurationFile(let error): "\(error)"
        case .configurationNotJSON(let error): "\(error)"
        case .configurationNotAnObject(let file, let found): "\(file): expected a JSON object, found \(found)"
        case .unknownModelType(let file, let found, let known):
            "\(file): key \"model_type\": expected one of "
                + "\(known.isEmpty ? "none (no plugin is loaded)" : known.joined(separator: ", ")), found "
                + (found.map { $0 + Suggestion.question(about: $0.unquoted, among: known) } ?? "nothing")
        case .ambiguous(let file, let first, let second, let score):
            "\(file): plugins \(first) and \(second) both recognize it with score \(score); take one of them out of "
                + "the search path"
        case .configurationRefused(let file, let plugin, let message): "\(file): \(message) (plugin \(plugin))"
        case .contradictingNames(let file, let prefix, let with, let without):
            "\(file): expected all names with the prefix \"\(prefix)\" or all without it, found \"\(with)\" and "
                + "\"\(without)\""
        case .extensionAbsent(let plugin, let id, let needed): "plugin \(plugin): has no \(id), which \(needed) needs"
        case .isolationFailed(let reason): "plugins cannot be isolated: \(reason)"
        case .notTrusted(let file, let reason): "\(file): not loaded: \(reason)"
        case .notLoadable(let file, let reason): "\(file): cannot be loaded: \(reason)"
        case .noEntry(let file): "\(file): expected the symbol nino_plugin_entry, found none"
        case .nullEntry(let file, let major):
            "\(file): nino_plugin_entry(\(major)) returned NULL: the plugin does not serve ABI \(major)"
        case .wrongMajor(let file, let expected, let found): "\(file): ABI major expected \(expected), found \(found)"
        case .malformedManifest(let file, let problem): "\(file): manifest: \(problem)"
        case .hostTooOld(let file, let needed): "\(file): needs nino \(needed) or newer, found \(Version.host)"
        case .malformedEntry(let file, let field, let expected): "\(file): entry table: \(field): expected \(expected)"
        case .malformedArchitecture(let plugin, let field, let expected):
            "plugin \(plugin): \(field): expected \(expected)"
        case .malformedCustomOp(let plugin, let op, let signature, let message):
            "plugin \(plugin): custom op \"\(op)\": signature \"\(signature)\": \(message)"
        case .pluginFailed(let plugin, let function, let status, let message):
            "plugin \(plugin): \(function) failed with status \(status): \(message)"
        case .refused(let plugin, let function, let message): "plugin \(plugin): \(function): \(message)"
        case .shadowed(let file, let id, let by): "\(file): id \(id) is already taken by \(by)"
        case .misbehaved(let file, let misbehaviour): "\(file): \(misbehaviour)"
        }
    }
}

extension String {
    /// Without the quotes that a text of a JSON file has around it.
    fileprivate var unquoted: String { first == "\"" && last == "\"" ? String(dropFirst().dropLast()) : self }
}
