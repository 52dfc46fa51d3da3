import Foundation

/// Reading of JSON text into Swift's types, as strict as `JSONValue` and with its messages.
public enum JSONText {
    /// Reads a text that is one value of a type.
    ///
    /// - Parameter file: its name for messages.
    /// - Throws: `JSONError`: line and column for what is no JSON, the key for a value of another type.
    public static func decode<Content: Decodable>(
        _ type: Content.Type = Content.self, from text: some Sequence<UInt8>, file: String
    ) throws(JSONError) -> Content {
        let bytes = Array(text)
        var cursor = try JSONCursor(bytes, file: file)
        try cursor.skipValue(key: "")
        try cursor.end()
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw JSONError(file: file, problem(error))
        } catch {
            throw JSONError(file: file, .form(key: "", expected: "\(type)", found: "something else"))
        }
    }

    /// Foundation's error in our words: which key, what it should be.
    private static func problem(_ error: DecodingError) -> JSONError.Problem {
        switch error {
        case .keyNotFound(let key, let context):
            .form(key: path(context.codingPath + [key]), expected: "a value", found: "nothing")
        case .valueNotFound(let type, let context):
            .form(key: path(context.codingPath), expected: kind(of: type), found: "null")
        case .typeMismatch(let type, let context):
            .form(key: path(context.codingPath), expected: kind(of: type), found: "something else")
        case .dataCorrupted(let context):
            .form(key: path(context.codingPath), expected: "a value of this version", found: "another")
        @unknown default: .form(key: "", expected: "a value of this version", found: "another")
        }
    }

    /// As in a message: `families[2].name`.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
        }
    }

    private static func kind(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Double.Type, is Float.Type: "a number"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any Sequence.Type: type is any ExpressibleByDictionaryLiteral.Type ? "an object" : "a list"
        default: "an object"
        }
    }
}
