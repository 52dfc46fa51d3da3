import CNinoPlugin
import FoundationEssentials

/// A config, read key by key with defaults and bounds. Remembers what was read, so that keys nobody asked for can be
/// refused.
public struct ConfigurationReader {
    private let values: [String: ConfigurationValue]
    /// The whole text; empty for an object within a config.
    private let text: String
    private var used: Set<String> = ["model_type"]
    /// What stands before a key in messages: the object it is in.
    private let path: String
    private let log: @Sendable (String) -> Void
    private let readTensor: @Sendable (String, String) throws -> (values: [Float], shape: [Int])

    init(_ config: OpaquePointer, host: UnsafePointer<nino_host_t>) throws {
        guard let json = host.pointee.config.pointee.json(config) else {
            throw PluginError(status: NINO_FAILED, message: "the host gave no config")
        }
        text = String(cString: json)
        do {
            values = try JSONDecoder().decode([String: ConfigurationValue].self, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw PluginError.invalid(error.sentence)
        }
        path = ""
        nonisolated(unsafe) let host = host
        log = { message in
            guard let table = host.pointee.get_extension?(host, NINO_EXTENSION_LOG) else { return }
            table.assumingMemoryBound(to: nino_host_log_t.self).pointee.write(host, NINO_LOG_WARNING, message)
        }
        nonisolated(unsafe) let config = config
        readTensor = { file, name in
            guard let table = host.pointee.get_extension?(host, NINO_EXTENSION_CONFIG_TENSORS) else {
                throw PluginError.unsupported("\(file): this host reads no files beside a config")
            }
            return try table.assumingMemoryBound(to: nino_host_config_tensors_t.self).pointee.tensor(config, file, name)
        }
    }

    private init(_ values: [String: ConfigurationValue], path: String, of whole: ConfigurationReader) {
        self.values = values
        self.text = ""
        self.path = path
        (log, readTensor) = (whole.log, whole.readTensor)
    }

    /// A tensor of a safetensors file in the folder of the config, as float32, row-major; only while the architecture
    /// is made from its config.
    /// - Parameters:
    ///   - file: its name, without a folder.
    ///   - name: of the tensor.
    /// - Throws: `PluginError.invalid` naming file and tensor; `unsupported` by a host that has no
    ///   `nino.config_tensors/1`.
    public func tensor(_ name: String, in file: String) throws -> (values: [Float], shape: [Int]) {
        try readTensor(file, name)
    }

    /// The value of `model_type`, if it is there.
    public var modelType: String? {
        if case .text(let text) = values["model_type"] { text } else { nil }
    }

    /// The whole config as a type of the plugin's own, for one that is no flat list of keys.
    /// - Throws: `PluginError.invalid` naming the path of what does not fit.
    public func decode<Whole: Decodable>(_ type: Whole.Type) throws -> Whole {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw PluginError.invalid(error.sentence)
        }
    }

    /// True if the key is there and not null.
    public func has(_ key: String) -> Bool { values[key].map { $0 != .null } ?? false }

    /// All keys of the config.
    public var keys: [String] { values.keys.sorted() }

    /// An integer within `range`; `fallback` when the key is missing or null; without a fallback the key is required.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func integer(
        _ key: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 1...Int(Int32.max)
    ) throws -> Int {
        let allowed = "an integer from \(range.lowerBound) to \(range.upperBound)"
        guard let value = present(key) else { return try fallback.orMissing(path + key, allowed) }
        guard case .integer(let number) = value, range.contains(number) else { throw wrong(key, value, allowed) }
        return number
    }

    /// An integer within `range`; nil when the key is missing or null.
    /// - Throws: as `integer`.
    public mutating func optionalInteger(_ key: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> Int?
    {
        let number = try integer(key, default: range.lowerBound, in: range)
        return has(key) ? number : nil
    }

    /// A list of integers, each within `range`.
    /// - Throws: as `integer`.
    public mutating func integers(_ key: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> [Int] {
        let allowed = "a list of integers from \(range.lowerBound) to \(range.upperBound)"
        guard let value = present(key) else { return try Optional<[Int]>.none.orMissing(path + key, allowed) }
        guard case .list(let items) = value else { throw wrong(key, value, allowed) }
        return try items.map { item in
            guard case .integer(let number) = item, range.contains(number) else { throw wrong(key, value, allowed) }
            return number
        }
    }

    /// A finite number within `range`.
    /// - Throws: as `integer`.
    public mutating func real(_ key: String, default fallback: Double? = nil, in range: ClosedRange<Double>) throws
        -> Double
    {
        let allowed = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = present(key) else { return try fallback.orMissing(path + key, allowed) }
        let number: Double
        switch value {
        case .integer(let whole): number = Double(whole)
        case .real(let fraction): number = fraction
        default: throw wrong(key, value, allowed)
        }
        guard range.contains(number) else { throw wrong(key, value, allowed) }
        return number
    }

    /// A finite number within `range`; nil when the key is missing or null.
    /// - Throws: as `integer`.
    public mutating func optionalReal(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        let number = try real(key, default: range.lowerBound, in: range)
        return has(key) ? number : nil
    }

    /// true or false.
    /// - Throws: as `integer`.
    public mutating func boolean(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        guard let value = present(key) else { return try fallback.orMissing(path + key, "true or false") }
        guard case .boolean(let flag) = value else { throw wrong(key, value, "true or false") }
        return flag
    }

    /// One of the texts `choices`.
    /// - Throws: as `integer`.
    public mutating func text(_ key: String, default fallback: String? = nil, oneOf choices: [String]) throws -> String
    {
        let allowed = "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        guard let value = present(key) else { return try fallback.orMissing(path + key, allowed) }
        guard case .text(let text) = value, choices.contains(text) else { throw wrong(key, value, allowed) }
        return text
    }

    /// A list of texts, each one of `choices`; nil when the key is missing or null.
    /// - Throws: as `integer`.
    public mutating func texts(_ key: String, oneOf choices: [String]) throws -> [String]? {
        let allowed = "a list of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        guard let value = present(key) else { return nil }
        guard case .list(let items) = value else { throw wrong(key, value, allowed) }
        return try items.map { item in
            guard case .text(let text) = item, choices.contains(text) else { throw wrong(key, value, allowed) }
            return text
        }
    }

    /// An object within the config, read like a config; nil when the key is missing or null. Its keys are named
    /// `key.inner` in messages.
    /// - Throws: as `integer`.
    public mutating func object(_ key: String) throws -> ConfigurationReader? {
        guard let value = present(key) else { return nil }
        guard case .object(let inner) = value else { throw wrong(key, value, "an object") }
        return ConfigurationReader(inner, path: "\(path)\(key).", of: self)
    }

    /// The side of a square: an integer, or a list of two equal ones.
    /// - Throws: as `integer`.
    public mutating func side(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 1...16384)
        throws -> Int
    {
        guard case .list(let items)? = values[key] else { return try integer(key, default: fallback, in: range) }
        used.insert(key)
        guard items.count == 2, items[0] == items[1], case .integer(let side) = items[0], range.contains(side) else {
            throw wrong(
                key, values[key]!,
                "an integer from \(range.lowerBound) to \(range.upperBound), or a list of two equal ones")
        }
        return side
    }

    /// Refuses a flag that is set: what it asks for is not supported. Missing and null are false.
    /// - Throws: as `integer`.
    public mutating func refuse(flags: String...) throws {
        for key in flags where try boolean(key, default: false) { throw wrong(key, .boolean(true), "false") }
    }

    /// Refuses anything but null, an empty list and an empty object: what the key asks for is not supported.
    /// - Throws: as `integer`.
    public mutating func refuse(valuesOf keys: String...) throws {
        for key in keys {
            guard let value = present(key), value != .list([]), value != .object([:]) else { continue }
            throw wrong(key, value, "null")
        }
    }

    /// Probabilities that matter to training alone and that this op set does without; checked, and otherwise not used.
    /// - Throws: as `integer`.
    public mutating func dropouts(_ keys: String...) throws {
        for key in keys { _ = try real(key, default: 0, in: 0...1) }
    }

    /// Refuses keys that nobody asked for, so that nothing in a config is silently ignored.
    /// - Parameter ignored: keys known not to change the computation.
    /// - Throws: `PluginError.invalid` naming the first such key and the ones there are.
    public func refuseOtherKeys(ignored: Set<String> = []) throws {
        guard let stranger = keys.first(where: { !used.contains($0) && !ignored.contains($0) }) else { return }
        throw PluginError.invalid(
            "key \"\(path)\(stranger)\": not a key of this architecture; its keys are "
                + "\(used.sorted().joined(separator: ", "))"
        )
    }

    /// Tells the user of each key that nobody asked for, instead of refusing it: for configs that others write, where
    /// most keys are bookkeeping.
    /// - Parameters:
    ///   - ignored: keys known not to change the computation.
    ///   - refused: keys known to change it; null, false and what is empty ask for nothing.
    /// - Throws: `PluginError.invalid` naming the first refused key that asks for something.
    public mutating func warnOfOtherKeys(ignored: Set<String>, refused: Set<String>) throws {
        let strangers = keys.filter { !used.contains($0) && !ignored.contains($0) }
        for key in strangers where refused.contains(key) {
            guard let value = present(key), ![.boolean(false), .list([]), .object([:])].contains(value) else {
                continue
            }
            throw PluginError.invalid(
                "key \"\(path)\(key)\": expected null, as it changes what a model computes, found \(value)")
        }
        for key in strangers where !refused.contains(key) {
            log("key \"\(path)\(key)\" of the config is not known to this architecture; taken to change nothing")
        }
    }

    private mutating func present(_ key: String) -> ConfigurationValue? {
        used.insert(key)
        guard let value = values[key], value != .null else { return nil }
        return value
    }

    private func wrong(_ key: String, _ value: ConfigurationValue, _ allowed: String) -> PluginError {
        .invalid("key \"\(path)\(key)\": expected \(allowed), found \(value)")
    }
}

extension Optional {
    fileprivate func orMissing(_ key: String, _ allowed: String) throws -> Wrapped {
        guard let self else { throw PluginError.invalid("key \"\(key)\": expected \(allowed), found nothing") }
        return self
    }
}

extension DecodingError {
    /// Where something does not fit, and why.
    fileprivate var sentence: String {
        let (place, expected): ([any CodingKey], String) =
            switch self {
            case .keyNotFound(let key, let context): (context.codingPath + [key], "a value")
            case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
                (context.codingPath, Self.name(of: type))
            case .dataCorrupted(let context): (context.codingPath, "a value that fits")
            @unknown default: ([], "a config that fits")
            }
        let path = place.reduce("") {
            $0 + ($1.intValue.map { "[\($0)]" } ?? ($0.isEmpty ? $1.stringValue : ".\($1.stringValue)"))
        }
        let found = if case .keyNotFound = self { "nothing" } else { "something else" }
        return "key \"\(path.isEmpty ? "(whole config)" : path)\": expected \(expected), found \(found)"
    }

    /// What JSON calls a value of a type.
    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "a list"
        default: "a value of another kind"
        }
    }
}
