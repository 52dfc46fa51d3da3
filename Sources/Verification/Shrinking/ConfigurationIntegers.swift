import Foundation
import JSONText
import PluginHost

/// The whole numbers of a config, by where they stand.
struct ConfigurationIntegers {
    /// Keys and, for lists, positions, outermost first.
    typealias Path = [Step]

    enum Step: Hashable {
        case key(String)
        case position(Int)
    }

    private var root: JSONValue
    private let file: String

    /// - Throws: `JSONError`, which a config that was read once does not have.
    init(_ configuration: ModelConfiguration) throws {
        root = try JSONValue(parsing: configuration.json.utf8, file: configuration.file)
        file = configuration.file
    }

    /// All paths, keys in alphabetical order.
    var paths: [Path] { Self.paths(root) }

    private static func paths(_ value: JSONValue) -> [Path] {
        switch value {
        case .integer: [[]]
        case .list(let items): items.enumerated().flatMap { index, item in paths(item).map { [.position(index)] + $0 } }
        case .object(let members):
            members.keys.sorted().flatMap { key in paths(members[key]!).map { [.key(key)] + $0 } }
        default: []
        }
    }

    subscript(path: Path) -> Int {
        get {
            guard case .integer(let whole) = Self.value(at: path[...], in: root) else {
                preconditionFailure("no integer at \(path)")
            }
            return Int(whole)
        }
        set { root = Self.replacing(path[...], in: root, by: newValue) }
    }

    private static func value(at path: ArraySlice<Step>, in value: JSONValue) -> JSONValue {
        switch (path.first, value) {
        case (.key(let key), .object(let members)): self.value(at: path.dropFirst(), in: members[key]!)
        case (.position(let index), .list(let items)): self.value(at: path.dropFirst(), in: items[index])
        default: value
        }
    }

    private static func replacing(_ path: ArraySlice<Step>, in value: JSONValue, by whole: Int) -> JSONValue {
        switch (path.first, value) {
        case (.key(let key), .object(var members)):
            members[key] = replacing(path.dropFirst(), in: members[key]!, by: whole)
            return .object(members)
        case (.position(let index), .list(var items)):
            items[index] = replacing(path.dropFirst(), in: items[index], by: whole)
            return .list(items)
        default: return .integer(Int64(whole))
        }
    }

    func configuration() throws -> ModelConfiguration {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try ModelConfiguration(json: encoder.encode(root), file: file)
    }

    /// As in a message: `hidden[2]`, `rope_scaling.factor`.
    static func text(_ path: Path) -> String {
        path.reduce("") { text, step in
            switch step {
            case .key(let key): text.isEmpty ? key : "\(text).\(key)"
            case .position(let index): "\(text)[\(index)]"
            }
        }
    }
}
