/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Sendable, Equatable {
    /// A place in the text, both counted from 1; columns are Unicode scalars.
    public struct Place: Sendable, Equatable {
        public let line: Int
        public let column: Int

        public init(line: Int, column: Int) {
            (self.line, self.column) = (line, column)
        }
    }

    public enum Problem: Sendable, Equatable {
        /// The text is no JSON.
        case syntax(expected: String, found: String)
        /// It is JSON, but a value is not what its key needs.
        case form(key: String, expected: String, found: String)
        case duplicateKey(String)
        /// A key that means nothing; `hint` begins with a semicolon.
        case unknownKey(String, hint: String)
        /// Beyond one of `JSONLimits`.
        case limit(expected: String, found: String)
    }

    /// The file, or the part of one that holds the text.
    public let file: String
    /// Nil where the whole text is meant.
    public let place: Place?
    public let problem: Problem

    public init(file: String, place: Place? = nil, _ problem: Problem) {
        (self.file, self.place, self.problem) = (file, place, problem)
    }
}

extension JSONError: CustomStringConvertible {
    /// One line: file, place, key, expected, found.
    public var description: String {
        let start = file + (place.map { ": line \($0.line), column \($0.column)" } ?? "")
        switch problem {
        case .syntax(let expected, let found): return "\(start): bad JSON: expected \(expected), found \(found)"
        case .form(let key, let expected, let found):
            // Without a key, the whole text is meant.
            return "\(start): \(key.isEmpty ? "" : Self.quoted(key) + ": ")expected \(expected), found \(found)"
        case .duplicateKey(let key): return "\(start): \(Self.quoted(key)): expected once, found twice"
        case .unknownKey(let key, let hint): return "\(start): \(Self.quoted(key)) is unknown\(hint)"
        case .limit(let expected, let found): return "\(start): JSON: expected \(expected), found \(found)"
        }
    }

    private static func quoted(_ key: String) -> String { "key \"\(key.shown())\"" }
}
