import CNinoPlugin
import FoundationEssentials

/// A config, read key by key with defaults and bounds. Remembers what was read, so that keys nobody asked for can be refused.
public struct ConfigurationReader {
    private let values: [String: ConfigurationValue]
    private var used: Set<String> = ["model_type"]

    init(_ config: OpaquePointer, host: UnsafePointer<nino_host_t>) throws {
        guard let json = host.pointee.config.pointee.json(config) else {
            throw PluginError(status: NINO_FAILED, message: "the host gave no config")
        }
        let text = String(cString: json)
        values = try JSONDecoder().decode([String: ConfigurationValue].self, from: Data(text.utf8))
    }

    /// The value of `model_type`, if it is there.
    public var modelType: String? {
        if case .text(let text) = values["model_type"] { text } else { nil }
    }

    /// All keys of the config.
    public var keys: [String] { values.keys.sorted() }

    /// An integer within `range`; `fallback` when the key is missing or null; without a fallback the key is required.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func integer(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> Int {
        let allowed = "an integer from \(range.lowerBound) to \(range.upperBound)"
        guard let value = present(key) else { return try fallback.orMissing(key, allowed) }
        guard case .integer(let number) = value, range.contains(number) else { throw wrong(key, value, allowed) }
        return number
    }

    /// A list of integers, each within `range`.
    /// - Throws: as `integer`.
    public mutating func integers(_ key: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> [Int] {
        let allowed = "a list of integers from \(range.lowerBound) to \(range.upperBound)"
        guard let value = present(key) else { return try Optional<[Int]>.none.orMissing(key, allowed) }
        guard case .list(let items) = value else { throw wrong(key, value, allowed) }
        return try items.map { item in
            guard case .integer(let number) = item, range.contains(number) else { throw wrong(key, value, allowed) }
            return number
        }
    }

    /// A finite number within `range`.
    /// - Throws: as `integer`.
    public mutating func real(_ key: String, default fallback: Double? = nil, in range: ClosedRange<Double>) throws -> Double {
        let allowed = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = present(key) else { return try fallback.orMissing(key, allowed) }
        let number: Double
        switch value {
        case .integer(let whole): number = Double(whole)
        case .real(let fraction): number = fraction
        default: throw wrong(key, value, allowed)
        }
        guard range.contains(number) else { throw wrong(key, value, allowed) }
        return number
    }

    /// true or false.
    /// - Throws: as `integer`.
    public mutating func boolean(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        guard let value = present(key) else { return try fallback.orMissing(key, "true or false") }
        guard case .boolean(let flag) = value else { throw wrong(key, value, "true or false") }
        return flag
    }

    /// One of the texts `choices`.
    /// - Throws: as `integer`.
    public mutating func text(_ key: String, default fallback: String? = nil, oneOf choices: [String]) throws -> String {
        let allowed = "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        guard let value = present(key) else { return try fallback.orMissing(key, allowed) }
        guard case .text(let text) = value, choices.contains(text) else { throw wrong(key, value, allowed) }
        return text
    }

    /// Refuses keys that nobody asked for, so that nothing in a config is silently ignored.
    /// - Parameter ignored: keys known not to change the computation.
    /// - Throws: `PluginError.invalid` naming the first such key and the ones there are.
    public func refuseOtherKeys(ignored: Set<String> = []) throws {
        guard let stranger = keys.first(where: { !used.contains($0) && !ignored.contains($0) }) else { return }
        throw PluginError.invalid("key \"\(stranger)\": not a key of this architecture; its keys are \(used.sorted().joined(separator: ", "))")
    }

    private mutating func present(_ key: String) -> ConfigurationValue? {
        used.insert(key)
        guard let value = values[key], value != .null else { return nil }
        return value
    }

    private func wrong(_ key: String, _ value: ConfigurationValue, _ allowed: String) -> PluginError {
        .invalid("key \"\(key)\": expected \(allowed), found \(value)")
    }
}

extension Optional {
    fileprivate func orMissing(_ key: String, _ allowed: String) throws -> Wrapped {
        guard let self else { throw PluginError.invalid("key \"\(key)\": expected \(allowed), found nothing") }
        return self
    }
}

/// A JSON value, as far as configs go.
enum ConfigurationValue: Decodable, Equatable, CustomStringConvertible {
    case null
    case boolean(Bool)
    case integer(Int)
    case real(Double)
    case text(String)
    case list([ConfigurationValue])
    case object([String: ConfigurationValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() { self = .null }
        else if let flag = try? container.decode(Bool.self) { self = .boolean(flag) }
        else if let whole = try? container.decode(Int.self) { self = .integer(whole) }
        else if let number = try? container.decode(Double.self) { self = .real(number) }
        else if let text = try? container.decode(String.self) { self = .text(text) }
        else if let list = try? container.decode([ConfigurationValue].self) { self = .list(list) }
        else { self = .object(try container.decode([String: ConfigurationValue].self)) }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): "\(flag)"
        case .integer(let whole): "\(whole)"
        case .real(let number): "\(number)"
        case .text(let text): "\"\(text)\""
        case .list(let items): "[" + items.map(\.description).joined(separator: ", ") + "]"
        case .object: "an object"
        }
    }
}
