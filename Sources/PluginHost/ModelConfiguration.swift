import CNinoPlugin
import Foundation
import JSONText

/// A config as the user gave it: one JSON object. The C side sees it as `nino_config_t`.
public final class ModelConfiguration: @unchecked Sendable {
    /// Where it came from, for messages.
    public let file: String
    /// The whole text.
    public let json: String
    private let values: [String: JSONValue]
    private let sortedKeys: [String]
    /// C copies that plugins may hold as long as the config lives.
    private let jsonCopy: UnsafeMutablePointer<CChar>
    private let keyCopies: [UnsafeMutablePointer<CChar>]
    private let textCopies: [String: UnsafeMutablePointer<CChar>]
    /// What lies in files beside it.
    let tensors: ConfigurationTensors

    /// - Parameters:
    ///   - json: the text of one JSON object.
    ///   - file: its name for messages.
    /// - Throws: `configurationUnreadable`, `configurationNotAnObject`.
    public init(json: Data, file: String) throws(PluginHostError) {
        let parsed: JSONValue
        do throws(JSONError) {
            parsed = try JSONValue(parsing: json, file: file)
        } catch {
            throw .configurationNotJSON(error)
        }
        guard case .object(let object) = parsed else { throw .configurationNotAnObject(file: file, found: "\(parsed)") }
        guard let text = String(validating: json, as: UTF8.self) else {
            throw .configurationUnreadable(file: file, reason: "not UTF-8")
        }
        // Plugins in C would see half of such a text.
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            guard !key.unicodeScalars.contains("\0"), !value.holdsNUL else {
                throw .configurationUnreadable(
                    file: file, reason: "key \"\(key.shown())\": expected text without NUL, found \(value)")
            }
        }
        self.file = file
        self.json = text
        values = object
        sortedKeys = object.keys.sorted()
        tensors = ConfigurationTensors(beside: file)
        jsonCopy = strdup(text)
        keyCopies = sortedKeys.map { strdup($0) }
        textCopies = object.compactMapValues { if case .text(let text) = $0 { strdup(text) } else { nil } }
    }

    deinit {
        free(jsonCopy)
        for copy in keyCopies { free(copy) }
        for copy in textCopies.values { free(copy) }
    }

    /// The value of `model_type`, if it is there.
    public var modelType: String? {
        if case .text(let text) = values["model_type"] { text } else { nil }
    }

    /// What stands there as the model type, of whatever kind, for messages; nil for nothing.
    var givenModelType: String? { values["model_type"].flatMap { $0 == .null ? nil : "\($0)" } }

    /// The C side's handle; valid as long as this object.
    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// The table by which plugins read configs; lives as long as the process.
    nonisolated(unsafe) static let reader: UnsafePointer<nino_config_reader_t> = {
        let table = UnsafeMutablePointer<nino_config_reader_t>.allocate(capacity: 1)
        table.initialize(
            to: nino_config_reader_t(
                json: { UnsafePointer(of($0).jsonCopy) },
                key_count: { Int64(of($0).keyCopies.count) },
                key: { config, index in
                    of(config).keyCopies.indices.contains(Int(index))
                        ? UnsafePointer(of(config).keyCopies[Int(index)]) : nil
                },
                integer: { config, key, out, error in
                    read(config, key, "an integer", error) {
                        if case .integer(let whole) = $0 { whole } else { nil }
                    } store: {
                        out?.pointee = $0
                    }
                },
                real: { config, key, out, error in
                    read(config, key, "a number", error) {
                        $0.number
                    } store: {
                        out?.pointee = $0
                    }
                },
                boolean: { config, key, out, error in
                    read(config, key, "true or false", error) {
                        if case .boolean(let flag) = $0 { flag ? 1 : 0 } else { nil }
                    } store: {
                        out?.pointee = $0
                    }
                },
                text: { config, key, out, error in
                    read(config, key, "text", error) { _ in
                        of(config).textCopies[text(key) ?? ""].map { UnsafePointer($0) }
                    } store: {
                        out?.pointee = $0
                    }
                }))
        return UnsafePointer(table)
    }()

    static func of(_ config: OpaquePointer?) -> ModelConfiguration {
        Unmanaged<ModelConfiguration>.fromOpaque(UnsafeRawPointer(config!)).takeUnretainedValue()
    }

    private static func read<Wanted>(
        _ config: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ expected: String,
        _ error: UnsafeMutablePointer<nino_error_t>?,
        convert: (JSONValue) -> Wanted?, store: (Wanted) -> Void
    ) -> nino_status_t {
        guard let key = text(key), let value = of(config).values[key], value != .null else {
            write("key \"\(text(key) ?? "")\": expected \(expected), found nothing", to: error)
            return NINO_ABSENT
        }
        guard let wanted = convert(value) else {
            write("key \"\(key)\": expected \(expected), found \(value)", to: error)
            return NINO_INVALID
        }
        store(wanted)
        return NINO_OK
    }
}

extension JSONValue {
    fileprivate var holdsNUL: Bool {
        if case .text(let text) = self { text.unicodeScalars.contains("\0") } else { false }
    }

    fileprivate var number: Double? {
        switch self {
        case .integer(let whole): Double(whole)
        case .real(let fraction): fraction
        default: nil
        }
    }
}
