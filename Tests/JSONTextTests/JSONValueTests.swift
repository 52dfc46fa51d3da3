import JSONText
import Testing

struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: text.utf8, file: "f.json") }

    @Test func valuesOfEveryKind() throws {
        let value = try parse(" {\"a\": [null, true, -2, 2.5, \"\\u00e9\\ud83d\\ude00\\n\"], \"b\": {}}\n")
        let list: [JSONValue] = [.null, .boolean(true), .integer(-2), .real(2.5), .text("é😀\n")]
        #expect(value == .object(["a": .list(list), "b": .object([:])]))
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("1.0") == .integer(1) && parse("1e3") == .integer(1000))
        #expect(try parse("9223372036854775808") == .real(9_223_372_036_854_775_808))
    }

    @Test(arguments: [
        ("{\"a\": 1,\n \"temperature\": Infinity}", 2, 17, "expected a value, found 'Infinity', which JSON has no"),
        ("{\"a\": 1, // mine\n\"b\": 2}", 1, 10, "found '/'; JSON has no comments"),
        ("{\"a\": \"b", 1, 9, "expected the closing quote, found the end of the text"),
        ("{\"a\": 1,}", 1, 9, "expected a key in quotes, found '}'"),
        ("{\"ä\": 1\n,\"ä\":2}", 2, 2, #"key "ä": expected once, found twice"#),
        ("{\"a\": True}", 1, 7, "found 'True', which is Python"),
        ("{'a': 1}", 1, 2, "found '''; JSON has double quotes"),
        ("", 1, 1, "expected a value, found the end of the text"),
        ("\u{FEFF}{}", 1, 1, "a byte order mark"),
        ("{}\u{0}", 1, 3, "expected nothing after the value, found a NUL byte"),
        ("[1e999]", 1, 2, "expected a number below 2^1024, found 1e999"),
        ("[\"\u{1}\"]", 1, 3, "expected an escape for a control character, found byte 0x01"),
        ("[\"\\ud800\"]", 1, 9, "expected a Unicode scalar"),
        ("[01]", 1, 3, "expected ',' or ']', found '1'"),
    ])
    func errorsNamePlaceExpectedAndFound(text: String, line: Int, column: Int, message: String) throws {
        let error = try #require(throws: JSONError.self) { try parse(text) }
        #expect(error.place == JSONError.Place(line: line, column: column), "\(error)")
        #expect("\(error)".hasPrefix("f.json: line \(line), column \(column): "))
        #expect("\(error)".contains(message), "\(error)")
    }

    @Test func boundsHoldAndTheirTwinsPass() throws {
        let deep = { (levels: Int) in
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(throws: Never.self) { try parse(deep(JSONLimits.depth)) }
        #expect(throws: JSONError.self) { try parse(deep(JSONLimits.depth + 1)) }
        #expect(throws: JSONError.self) {
            try JSONCursor([UInt8](repeating: 0x20, count: JSONLimits.bytes + 1), file: "f")
        }
    }

    @Test func longAndHiddenTextIsShownShort() {
        #expect("a\u{0}b\u{1B}[2J\n".shown() == "a\\u{0}b\\u{1b}[2J\\n")
        #expect(String(repeating: "x", count: 1000).shown(limit: 3) == "xxx… (1000 characters)")
        #expect(JSONValue.text(String(repeating: "x", count: 1000)).description.utf8.count < 120)
        #expect(JSONValue.list(Array(repeating: .integer(1), count: 1000)).description.utf8.count < 120)
    }
}
