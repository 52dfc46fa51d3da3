extension JSONValue {
    /// Reads a text that is one value.
    ///
    /// - Parameter file: its name for messages.
    /// - Throws: `JSONError` with line and column.
    public init(parsing text: some Sequence<UInt8>, file: String) throws(JSONError) {
        var cursor = try JSONCursor(Array(text), file: file)
        var reader = ValueReader()
        self = try reader.value(&cursor, key: "")
        try cursor.end()
    }
}

/// Reads values and counts them.
private struct ValueReader {
    private var count = 0

    /// - Parameter key: path of keys and positions that leads here.
    mutating func value(_ cursor: inout JSONCursor, key: String) throws(JSONError) -> JSONValue {
        count += 1
        guard count <= JSONLimits.values else {
            throw JSONError(
                file: cursor.file, place: cursor.place(of: cursor.position),
                .limit(expected: "at most \(JSONLimits.values) values", found: "more"))
        }
        switch cursor.peek() {
        case UInt8(ascii: "{"): return try object(&cursor, key: key)
        case UInt8(ascii: "["): return try list(&cursor, key: key)
        case UInt8(ascii: "\""): return .text(try cursor.string())
        case UInt8(ascii: "t"):
            try cursor.word("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try cursor.word("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try cursor.word("null")
            return .null
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            return try number(&cursor, key: key)
        default: throw cursor.syntax("a value")
        }
    }

    private mutating func object(_ cursor: inout JSONCursor, key: String) throws(JSONError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        try cursor.object(key: key) { (cursor, name) throws(JSONError) in
            members[name] = try value(&cursor, key: key.isEmpty ? name : "\(key).\(name)")
        }
        return .object(members)
    }

    private mutating func list(_ cursor: inout JSONCursor, key: String) throws(JSONError) -> JSONValue {
        var items: [JSONValue] = []
        try cursor.list(key: key) { (cursor) throws(JSONError) in
            items.append(try value(&cursor, key: key))
        }
        return .list(items)
    }

    /// Whole numbers that fit 64 bits are integers, however they are written.
    private func number(_ cursor: inout JSONCursor, key: String) throws(JSONError) -> JSONValue {
        let start = cursor.position
        let text = try cursor.number(key: key)
        if let whole = Int64(text) { return .integer(whole) }
        guard let number = Double(text), number.isFinite else {
            throw cursor.form(key, "a number below 2^1024", found: text.shown(limit: 40), at: start)
        }
        return Int64(exactly: number).map(JSONValue.integer) ?? .real(number)
    }
}
