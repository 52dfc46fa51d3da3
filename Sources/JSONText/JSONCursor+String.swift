extension JSONCursor {
    /// Reads the string that starts at the current quote.
    public mutating func string() throws(JSONError) -> String {
        let start = position
        advance()
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                guard let result = String(validating: text, as: UTF8.self) else {
                    throw syntax("a string in UTF-8", found: "other bytes", at: start)
                }
                return result
            case UInt8(ascii: "\\"):
                advance()
                try appendEscape(to: &text)
            case 0..<0x20: throw syntax("an escape for a control character", found: describe(byte))
            default:
                text.append(byte)
                advance()
            }
        }
        throw syntax("the closing quote")
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw syntax("an escape") }
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
        ]
        if let character = plain[byte] {
            text.append(character)
            advance()
            return
        }
        guard byte == UInt8(ascii: "u") else { throw syntax("an escape") }
        advance()
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code), current == UInt8(ascii: "\\") {
            advance()
            guard current == UInt8(ascii: "u") else { throw syntax("the second half of a surrogate pair") }
            advance()
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw syntax("the second half of a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw syntax("a Unicode scalar") }
        text.append(contentsOf: UTF8.encode(scalar)!)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw syntax("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            advance()
        }
        return code
    }
}
