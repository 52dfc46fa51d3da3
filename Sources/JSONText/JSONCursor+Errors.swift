/// What an error says of the text: where it is, and what stands there.
extension JSONCursor {
    /// The text is no JSON at the current position.
    public func syntax(_ expected: String) -> JSONError {
        syntax(expected, found: token())
    }

    func syntax(_ expected: String, found: String, at offset: Int? = nil) -> JSONError {
        JSONError(file: file, place: place(of: offset ?? position), .syntax(expected: expected, found: found))
    }

    /// The value of a key, which stands here, is not what it should be.
    public func form(_ key: String, _ expected: String) -> JSONError {
        // What is no JSON at all is not called a wrong value.
        guard let kind else { return syntax(expected) }
        return form(key, expected, found: kind, at: position)
    }

    func form(_ key: String, _ expected: String, found: String, at offset: Int) -> JSONError {
        JSONError(file: file, place: place(of: offset), .form(key: key, expected: expected, found: found))
    }

    /// What value begins at the current position; nil if none does.
    var kind: String? {
        switch current {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "a list"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a truth value"
        case UInt8(ascii: "n"): "null"
        case UInt8(ascii: "-"): "a number"
        case let byte? where (0x30...0x39).contains(byte): "a number"
        default: nil
        }
    }

    /// Line and column of a byte.
    func place(of offset: Int) -> JSONError.Place {
        let before = bytes.prefix(offset)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes of UTF-8 begin no scalar.
        let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
        return JSONError.Place(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column)
    }

    /// The next few bytes, in quotes if they are text.
    func token() -> String {
        guard let first = current else { return "the end of the text" }
        if bytes.count >= 2, position == 0, [0xFE, 0xFF].contains(first) || bytes[1] == 0 {
            return "UTF-16; save it as UTF-8"
        }
        if bytes[position...].starts(with: [0xEF, 0xBB, 0xBF]) { return "a byte order mark; save it as plain UTF-8" }
        if first < 0x20 || first >= 0x7F { return describe(first) }
        let isWordByte: (UInt8) -> Bool = { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        let word = bytes[position...].prefix(20).prefix(while: isWordByte)
        let text = word.isEmpty ? bytes[position...].prefix(1) : word
        return "'\(String(decoding: text, as: UTF8.self))'" + hint(String(decoding: text, as: UTF8.self))
    }

    /// What people write who take JSON for JavaScript or Python.
    private func hint(_ text: String) -> String {
        switch text {
        case "NaN", "Infinity": ", which JSON has no number for"
        case "True", "False", "None": ", which is Python"
        case "/", "#": "; JSON has no comments"
        case "'": "; JSON has double quotes"
        default: ""
        }
    }

    func describe(_ byte: UInt8) -> String {
        byte == 0 ? "a NUL byte" : "byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
    }
}
