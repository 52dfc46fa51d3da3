import Foundation

/// Foundation's error in our words: which key, what it should be, and what it is.
struct JSONMismatch {
    private let error: DecodingError
    private let root: JSONValue
    private let path: [any CodingKey]

    /// - Parameter type: what the text was read as.
    init(_ error: DecodingError, in root: JSONValue, reading type: (some Decodable).Type) {
        (self.error, self.root) = (error, root)
        switch error {
        case .keyNotFound(let key, let context): path = context.codingPath + [key]
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            path = Self.misfit(in: root, reading: type) ?? []
        case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
            path = context.codingPath
        @unknown default: path = []
        }
    }

    /// - Parameter type: what the text was read as.
    func problem(reading type: (some Decodable).Type) -> JSONError.Problem {
        let found = value(at: path[...], in: root).map { "\($0)" } ?? "nothing"
        let expected =
            switch error {
            case .valueNotFound(let kind, _), .typeMismatch(let kind, _): Self.words(for: kind)
            case .keyNotFound: kindAsked(reading: type) ?? "a value"
            // A number that does not fit its kind, or a text that is no name of ours.
            case .dataCorrupted where isNumber: kindAsked(reading: type) ?? "another number"
            case .dataCorrupted: "a value of this version"
            @unknown default: "a value of this version"
            }
        return .form(key: key, expected: expected, found: found)
    }

    private var isNumber: Bool {
        switch value(at: path[...], in: root) {
        case .integer, .real: true
        default: false
        }
    }

    /// What kind of value the type wants here: what it says of null in its place.
    private func kindAsked(reading type: (some Decodable).Type) -> String? {
        guard let text = try? JSONEncoder().encode(Self.replacing(path[...], in: root)) else { return nil }
        do {
            _ = try JSONDecoder().decode(type, from: text)
        } catch DecodingError.valueNotFound(let kind, let context), DecodingError.typeMismatch(let kind, let context) {
            return context.codingPath.map(Self.name) == path.map(Self.name) ? Self.words(for: kind) : nil
        } catch {}
        return nil
    }

    /// Foundation calls the position 1 "Index 1".
    private static func name(_ key: any CodingKey) -> String { key.intValue.map { "\($0)" } ?? key.stringValue }

    /// A key or a position.
    private struct Step: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
        init(intValue: Int) { (stringValue, self.intValue) = ("\(intValue)", intValue) }
    }

    /// More numbers than that are not tried out.
    private static let mostNumbers = 500

    /// A number that does not fit what it is read as: Foundation does not say which one it is. With zeros in the places
    /// of all up to the last such number, the text can be read.
    private static func misfit(in root: JSONValue, reading type: (some Decodable).Type) -> [any CodingKey]? {
        let places = numbers(in: root, behind: [])
        guard places.count <= mostNumbers else { return nil }
        var changed = root
        return places.first { place in
            changed = replacing(place[...], in: changed, by: .integer(0))
            guard let text = try? JSONEncoder().encode(changed) else { return false }
            do {
                _ = try JSONDecoder().decode(type, from: text)
            } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
                return false
            } catch {}
            return true
        }
    }

    private static func numbers(in value: JSONValue, behind path: [any CodingKey]) -> [[any CodingKey]] {
        switch value {
        case .integer, .real: [path]
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { numbers(in: $1, behind: path + [Step(stringValue: $0)]) }
        case .list(let items):
            items.enumerated().flatMap { numbers(in: $1, behind: path + [Step(intValue: $0)]) }
        default: []
        }
    }

    private static func replacing(
        _ path: ArraySlice<any CodingKey>, in value: JSONValue, by new: JSONValue = .null
    ) -> JSONValue {
        guard let first = path.first else { return new }
        switch value {
        case .object(var members):
            members[first.stringValue] = replacing(path.dropFirst(), in: members[first.stringValue] ?? .null, by: new)
            return .object(members)
        case .list(var items):
            guard let index = first.intValue, items.indices.contains(index) else { return value }
            items[index] = replacing(path.dropFirst(), in: items[index], by: new)
            return .list(items)
        default: return value
        }
    }

    private func value(at path: ArraySlice<any CodingKey>, in value: JSONValue) -> JSONValue? {
        guard let first = path.first else { return value }
        switch value {
        case .object(let members):
            return members[first.stringValue].flatMap { self.value(at: path.dropFirst(), in: $0) }
        case .list(let items):
            guard let index = first.intValue, items.indices.contains(index) else { return nil }
            return self.value(at: path.dropFirst(), in: items[index])
        default: return nil
        }
    }

    /// As in a message: `families[2].name`. A key of digits is a key where the text has an object.
    private var key: String {
        var (text, place): (String, JSONValue?) = ("", root)
        for (index, key) in path.enumerated() {
            if case .list = place, let position = key.intValue {
                text += "[\(position)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
            place = value(at: path[...index], in: root)
        }
        return text
    }

    private static func words(for type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Double.Type, is Float.Type: "a number"
        case is any UnsignedInteger.Type: "a whole number of at least 0"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any Sequence.Type: type is any ExpressibleByDictionaryLiteral.Type ? "an object" : "a list"
        default: "\(type)".hasPrefix("UnkeyedDecodingContainer") ? "a list" : "an object"
        }
    }
}
