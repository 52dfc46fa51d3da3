/// A strict reader over JSON text (RFC 8259) that hands out one value at a time.
///
/// Why not a JSON library: a key that stands twice must be refused, 64-bit integers be exact, errors name line and
/// column, and a hostile text of 100 MB must not be blown up into a tree before it is checked.
public struct JSONCursor {
    public let file: String
    public let bytes: [UInt8]
    public private(set) var position = 0
    /// Containers that are open.
    private var depth = 0

    /// - Throws: `limit` for a text that is too long.
    public init(_ bytes: [UInt8], file: String) throws(JSONError) {
        self.bytes = bytes
        self.file = file
        guard bytes.count <= JSONLimits.bytes else {
            throw JSONError(
                file: file, .limit(expected: "at most \(JSONLimits.bytes) bytes", found: "\(bytes.count)"))
        }
    }

    public var atEnd: Bool { position >= bytes.count }

    /// The byte at the current position.
    public var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    public mutating func advance() { position += 1 }

    /// The next byte that is not white space, not consumed.
    public mutating func peek() -> UInt8? {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
        return current
    }

    /// Reads an object, calling `member` with each key; it must consume the value.
    ///
    /// - Throws: `form` if something else stands here, `duplicateKey`, `syntax`, `limit`, and what `member` throws.
    public mutating func object(
        key: String, _ member: (inout JSONCursor, String) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard peek() == UInt8(ascii: "{") else { throw form(key, "an object") }
        try enter()
        var seen: Set<String> = []
        if !take("}") {
            repeat {
                guard peek() == UInt8(ascii: "\"") else { throw syntax("a key in quotes") }
                let start = position
                let name = try string()
                guard seen.insert(name).inserted else {
                    throw JSONError(file: file, place: place(of: start), .duplicateKey(name))
                }
                guard take(":") else { throw syntax("':'") }
                try member(&self, name)
            } while take(",")
            guard take("}") else { throw syntax("',' or '}'") }
        }
        depth -= 1
    }

    /// Reads a list, calling `element` at each; it must consume the value.
    public mutating func list(
        key: String, _ element: (inout JSONCursor) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard peek() == UInt8(ascii: "[") else { throw form(key, "a list") }
        try enter()
        if !take("]") {
            repeat { try element(&self) } while take(",")
            guard take("]") else { throw syntax("',' or ']'") }
        }
        depth -= 1
    }

    /// Reads a string that is the value of `key`.
    public mutating func string(key: String) throws(JSONError) -> String {
        guard peek() == UInt8(ascii: "\"") else { throw form(key, "a string") }
        return try string()
    }

    /// Reads a whole number from 0 to Int.max, written without sign, fraction or exponent.
    public mutating func count(key: String) throws(JSONError) -> Int {
        _ = peek()
        let start = position
        let text = try number(key: key)
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
            throw form(key, "a whole number from 0 to \(Int.max)", found: text.shown(limit: 40), at: start)
        }
        return value
    }

    /// Reads past any value, checking its syntax.
    public mutating func skipValue(key: String) throws(JSONError) {
        switch peek() {
        case UInt8(ascii: "{"):
            try object(key: key) { (cursor, name) throws(JSONError) in try cursor.skipValue(key: name) }
        case UInt8(ascii: "["): try list(key: key) { (cursor) throws(JSONError) in try cursor.skipValue(key: key) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try skipNumber()
        }
    }

    /// Nothing but white space may be left.
    public mutating func end() throws(JSONError) {
        guard peek() == nil else { throw syntax("nothing after the value") }
    }

    /// Reads a number, as it is written.
    mutating func number(key: String) throws(JSONError) -> String {
        guard let first = peek(), first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            throw form(key, "a number")
        }
        let start = position
        try skipNumber()
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func word(_ word: StaticString) throws(JSONError) {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[index] else {
                position = start
                throw syntax("a value")
            }
            position += 1
        }
    }

    private mutating func enter() throws(JSONError) {
        guard depth < JSONLimits.depth else {
            throw JSONError(
                file: file, place: place(of: position),
                .limit(expected: "at most \(JSONLimits.depth) levels of nesting", found: "more"))
        }
        depth += 1
        position += 1
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipNumber() throws(JSONError) {
        guard let first = current, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            throw syntax("a value")
        }
        if first == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw syntax("a digit") }
    }
}
