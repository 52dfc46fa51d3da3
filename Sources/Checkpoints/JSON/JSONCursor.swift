/// A strict reader over JSON text (RFC 8259) that hands out one value at a time.
///
/// Why not a JSON library: checkpoint headers must refuse duplicate keys and give 64-bit integers exactly, and a
/// hostile
/// header of 100 MB must not be blown up into a tree before it is checked.
struct JSONCursor {
    /// Containers inside one another that `skipValue` follows.
    static let deepestNesting = 100

    let file: String
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    var atEnd: Bool { position >= bytes.count }

    /// The byte at the current position.
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func advance() { position += 1 }

    /// The next byte that is not white space, not consumed.
    mutating func peek() -> UInt8? {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
        return current
    }

    /// What stands next, for messages.
    mutating func kind() -> String {
        switch peek() {
        case nil: "the end of the text"
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "a list"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a truth value"
        case UInt8(ascii: "n"): "null"
        case UInt8(ascii: "-"): "a number"
        case let byte? where (0x30...0x39).contains(byte): "a number"
        case let byte?: "byte \(byte)"
        }
    }

    /// Reads an object, calling `member` with each key; it must consume the value.
    ///
    /// - Throws: `jsonForm` if something else stands here, `duplicateKey`, `jsonSyntax`, and what `member` throws.
    mutating func object(
        key: String, _ member: (inout JSONCursor, String) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        guard peek() == UInt8(ascii: "{") else {
            throw .jsonForm(file: file, key: key, expected: "an object", found: kind())
        }
        position += 1
        var seen: Set<String> = []
        if take("}") { return }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw syntax("a key in quotes") }
            let name = try string()
            guard seen.insert(name).inserted else { throw .duplicateKey(file: file, key: name) }
            guard take(":") else { throw syntax("':'") }
            try member(&self, name)
        } while take(",")
        guard take("}") else { throw syntax("',' or '}'") }
    }

    /// Reads a list, calling `element` at each; it must consume the value.
    mutating func list(
        key: String, _ element: (inout JSONCursor) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        guard peek() == UInt8(ascii: "[") else {
            throw .jsonForm(file: file, key: key, expected: "a list", found: kind())
        }
        position += 1
        if take("]") { return }
        repeat { try element(&self) } while take(",")
        guard take("]") else { throw syntax("',' or ']'") }
    }

    /// Reads a string that is the value of `key`.
    mutating func string(key: String) throws(CheckpointError) -> String {
        guard peek() == UInt8(ascii: "\"") else {
            throw .jsonForm(file: file, key: key, expected: "a string", found: kind())
        }
        return try string()
    }

    /// Reads a whole number from 0 to Int.max, written without sign, fraction or exponent.
    mutating func count(key: String) throws(CheckpointError) -> Int {
        _ = peek()
        let start = position
        try skipNumber(key: key)
        var value = 0
        for byte in bytes[start..<position] {
            let product = value.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.addingReportingOverflow(Int(byte) - 0x30)
            guard (0x30...0x39).contains(byte), !product.overflow, !sum.overflow else {
                let found = String(decoding: bytes[start..<min(position, start + 40)], as: UTF8.self)
                throw .jsonForm(file: file, key: key, expected: "a whole number from 0 to \(Int.max)", found: found)
            }
            value = sum.partialValue
        }
        return value
    }

    /// Reads past any value, checking its syntax.
    mutating func skipValue(key: String, depth: Int = 0) throws(CheckpointError) {
        guard depth < JSONCursor.deepestNesting else {
            throw syntax("at most \(JSONCursor.deepestNesting) levels of nesting")
        }
        switch peek() {
        case UInt8(ascii: "{"):
            try object(key: key) { (cursor, name) throws(CheckpointError) in
                try cursor.skipValue(key: name, depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try list(key: key) { (cursor) throws(CheckpointError) in try cursor.skipValue(key: key, depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try skipWord("true")
        case UInt8(ascii: "f"): try skipWord("false")
        case UInt8(ascii: "n"): try skipWord("null")
        default: try skipNumber(key: key)
        }
    }

    func syntax(_ expected: String) -> CheckpointError {
        let found = current.map { "byte \($0)" } ?? "the end of the text"
        return .jsonSyntax(file: file, offset: position, expected: expected, found: found)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipWord(_ word: StaticString) throws(CheckpointError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[index] else { throw syntax("'\(word)'") }
            position += 1
        }
    }

    private mutating func skipNumber(key: String) throws(CheckpointError) {
        guard let first = peek(), first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            throw .jsonForm(file: file, key: key, expected: "a number", found: kind())
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

    private mutating func skipDigits() throws(CheckpointError) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw syntax("a digit") }
    }
}
