import JSONText

/// A setting of a run that its files say otherwise.
public struct SettingDifference: Sendable, Equatable {
    /// As the user knows it: an option, or a key of a file.
    public let key: String
    public let found: String
    public let expected: String

    public init(_ key: String, found: String, expected: String) {
        (self.key, self.found, self.expected) = (key, found.shown(limit: 60), expected.shown(limit: 60))
    }

    private static let shownCount = 5

    /// As in a message: the first few.
    static func text(_ differences: [SettingDifference]) -> String {
        let parts = differences.prefix(shownCount).map { "\($0.key) is \($0.found) there and \($0.expected) here" }
        let rest = differences.count - parts.count
        return parts.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }

    /// Where two JSON values differ, by paths such as `families[0].steps`.
    static func between(_ found: JSONValue?, _ expected: JSONValue?, key: String = "") -> [SettingDifference] {
        guard found != expected else { return [] }
        switch (found, expected) {
        case (.object(let first), .object(let second)):
            return Set(first.keys).union(second.keys).sorted().flatMap { name in
                between(first[name], second[name], key: key.isEmpty ? name : "\(key).\(name)")
            }
        case (.list(let first), .list(let second)) where first.count == second.count:
            return first.indices.flatMap { between(first[$0], second[$0], key: "\(key)[\($0)]") }
        default: return [SettingDifference(key, found: text(found), expected: text(expected))]
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "not given"
        case .text(let text): text
        case .list(let items) where items.contains { if case .object = $0 { true } else { false } }:
            "a list of \(items.count)"
        case .some(let value): "\(value)"
        }
    }

    /// Where the JSON texts of two settings differ; `names` are those of the keys that have one.
    static func between(
        _ found: String, _ expected: String, key: String, named names: [String: String] = [:]
    ) -> [SettingDifference] {
        guard found != expected else { return [] }
        guard let first = try? JSONValue(parsing: found.utf8, file: ""),
            let second = try? JSONValue(parsing: expected.utf8, file: "")
        else { return [SettingDifference(key, found: found, expected: expected)] }
        let all = between(first, second).map { difference in
            SettingDifference(
                names[difference.key] ?? difference.key, found: difference.found, expected: difference.expected)
        }
        return all.isEmpty ? [SettingDifference(key, found: found, expected: expected)] : all
    }

    /// Where two texts of words first differ.
    static func firstWord(_ found: String, _ expected: String, key: String) -> [SettingDifference] {
        guard found != expected else { return [] }
        let (first, second) = (found.split(separator: " "), expected.split(separator: " "))
        let place = zip(first, second).prefix { $0 == $1 }.count
        func word(_ words: [Substring]) -> String { place < words.count ? String(words[place]) : "not given" }
        return [SettingDifference(key, found: word(first), expected: word(second))]
    }
}
