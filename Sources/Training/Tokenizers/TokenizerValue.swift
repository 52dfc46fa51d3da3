import JSONText

/// A value of a `tokenizer.json`, with the key that leads to it for messages.
struct TokenizerValue {
    let value: JSONValue
    private let file: String
    private let key: String

    init(_ value: JSONValue, file: String, key: String = "") {
        (self.value, self.file, self.key) = (value, file, key)
    }

    /// A member; null for one that is not there.
    subscript(name: String) -> TokenizerValue {
        let path = key.isEmpty ? name : "\(key).\(name)"
        guard case .object(let members) = value else { return TokenizerValue(.null, file: file, key: path) }
        return TokenizerValue(members[name] ?? .null, file: file, key: path)
    }

    var isMissing: Bool { value == .null }

    func error(_ name: String? = nil, expected: String, found: String? = nil) -> JSONError {
        let path = name.map { key.isEmpty ? $0 : "\(key).\($0)" } ?? key
        return JSONError(file: file, .form(key: path, expected: expected, found: found ?? "\(value)"))
    }

    var text: String {
        get throws(JSONError) {
            guard case .text(let text) = value else { throw error(expected: "a string") }
            return text
        }
    }

    /// Nil for null and for nothing.
    var optionalText: String? {
        get throws(JSONError) { isMissing ? nil : try text }
    }

    func flag(otherwise: Bool) throws(JSONError) -> Bool {
        if isMissing { return otherwise }
        guard case .boolean(let flag) = value else { throw error(expected: "true or false") }
        return flag
    }

    func integer(otherwise: Int) throws(JSONError) -> Int {
        if isMissing { return otherwise }
        guard case .integer(let number) = value, let whole = Int(exactly: number) else {
            throw error(expected: "a whole number")
        }
        return whole
    }

    /// Nothing for null.
    var list: [TokenizerValue] {
        get throws(JSONError) {
            if isMissing { return [] }
            guard case .list(let items) = value else { throw error(expected: "a list") }
            return items.enumerated().map { TokenizerValue($1, file: file, key: "\(key)[\($0)]") }
        }
    }

    /// An object of pieces and their numbers, each from 0 up and below 2³¹.
    var vocabulary: [Piece: UInt32] {
        get throws(JSONError) {
            guard case .object(let members) = value, !members.isEmpty else {
                throw error(expected: "an object of pieces and numbers")
            }
            var pieces: [Piece: UInt32] = [:]
            pieces.reserveCapacity(members.count)
            for (piece, number) in members {
                guard case .integer(let number) = number, (0..<(1 << 31)).contains(number) else {
                    throw error(piece, expected: "a whole number from 0 to 2^31 - 1", found: "\(number)")
                }
                pieces[Piece(piece)] = UInt32(number)
            }
            return pieces
        }
    }
}
