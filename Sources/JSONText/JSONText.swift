import Foundation

/// Reading of JSON text into Swift's types, as strict as `JSONValue` and with its messages.
public enum JSONText {
    /// Reads a text that is one value of a type.
    ///
    /// - Parameters:
    ///   - file: its name for messages.
    ///   - form: which keys and names it may hold; nil for any.
    /// - Throws: `JSONError`: line and column for what is no JSON, the key for a value of another type.
    public static func decode<Content: Decodable>(
        _ type: Content.Type = Content.self, from text: some Sequence<UInt8>, file: String, form: JSONForm? = nil
    ) throws(JSONError) -> Content {
        let bytes = Array(text)
        if let form {
            try form.check(JSONValue(parsing: bytes, file: file), file: file)
        } else {
            var cursor = try JSONCursor(bytes, file: file)
            try cursor.skipValue(key: "")
            try cursor.end()
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            let mismatch = JSONMismatch(error, in: try JSONValue(parsing: bytes, file: file), reading: type)
            throw JSONError(file: file, mismatch.problem(reading: type))
        } catch {
            throw JSONError(file: file, .form(key: "", expected: "\(type)", found: "something else"))
        }
    }
}
