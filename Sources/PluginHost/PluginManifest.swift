import CNinoPlugin
import JSONText

/// What a plugin says of itself without being run: the JSON in its ELF section `.nino_manifest`.
package struct PluginManifest: Sendable, Equatable {
    package static let section = ".nino_manifest"

    package let id: String
    package let version: String
    /// Of the header it was built with, "1.0".
    package let abi: String
    package let modelTypes: [String]
    package let minimumHost: Version?

    /// - Parameters:
    ///   - bytes: of the section; zeros at its end do not count.
    ///   - file: for messages.
    /// - Throws: `malformedManifest`, `wrongMajor`, `hostTooOld`.
    package init(_ bytes: [UInt8], file: String) throws(PluginHostError) {
        let text = bytes.prefix { $0 != 0 }
        guard bytes.dropFirst(text.count).allSatisfy({ $0 == 0 }) else {
            throw .malformedManifest(file: file, "expected one JSON object, found something behind it")
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: Array(text), file: "")
        } catch {
            throw .malformedManifest(file: file, "\(error)".onOneLine(limit: 200))
        }
        guard case .object(let object) = value else {
            throw .malformedManifest(file: file, "expected one JSON object, found something else")
        }
        func wrong(_ key: String, _ expected: String) -> PluginHostError {
            let found = object[key].map { "\($0)".onOneLine(limit: 100) } ?? "nothing"
            return .malformedManifest(file: file, "key \"\(key)\": expected \(expected), found \(found)")
        }
        func line(_ key: String) throws(PluginHostError) -> String {
            guard case .text(let text)? = object[key], !text.isEmpty, text == text.onOneLine() else {
                throw wrong(key, "a line of text")
            }
            return text
        }
        (id, version) = (try line("id"), try line("version"))
        abi = try line("abi")
        guard let numbers = Version("\(abi).0") else { throw wrong("abi", "\"MAJOR.MINOR\"") }
        guard numbers.major == Int(NINO_ABI_MAJOR) else {
            throw .wrongMajor(file: file, expected: Int(NINO_ABI_MAJOR), found: numbers.major)
        }
        guard let types = Self.lines(object["model_types"]) else {
            throw wrong("model_types", "a list of lines of text")
        }
        modelTypes = types
        guard object["minimum_host"] != nil else {
            minimumHost = nil
            return
        }
        guard let needed = Version(try line("minimum_host")) else {
            throw wrong("minimum_host", "a version like \"\(Version.host)\"")
        }
        guard needed <= .host else { throw .hostTooOld(file: file, needed: needed) }
        minimumHost = needed
    }

    private static func lines(_ value: JSONValue?) -> [String]? {
        guard case .list(let items)? = value, items.count <= 1024 else { return nil }
        var lines: [String] = []
        for item in items {
            guard case .text(let text) = item, text == text.onOneLine() else { return nil }
            lines.append(text)
        }
        return lines
    }

    /// - Throws: `malformedManifest` if the tables of the loaded library say something else.
    package func check(against plugin: PluginSummary) throws(PluginHostError) {
        func list(_ types: [String]) -> String { Set(types).sorted().joined(separator: ", ") }
        let pairs = [
            ("id", id, plugin.id), ("version", version, plugin.version), ("abi", abi, plugin.abi),
            ("model_types", list(modelTypes), list(plugin.modelTypes)),
        ]
        for (key, said, found) in pairs where said != found {
            throw .malformedManifest(
                file: plugin.file,
                "key \"\(key)\": expected what the plugin's tables say, \"\(found)\", found \"\(said)\"")
        }
    }
}
