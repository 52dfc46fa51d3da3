import JSONText
import Testing

struct JSONTextTests {
    struct Record: Decodable, Equatable {
        let name: String
        let sizes: [Int]
    }

    private func decode(_ text: String) throws -> Record { try JSONText.decode(from: text.utf8, file: "r") }

    @Test func typesAreRead() throws {
        #expect(try decode(#"{"name": "a", "sizes": [1, 2]}"#) == Record(name: "a", sizes: [1, 2]))
    }

    @Test(arguments: [
        (#"{"name": "a"}"#, #"r: key "sizes": expected a list, found nothing"#),
        (#"{"sizes": []}"#, #"r: key "name": expected a string, found nothing"#),
        (#"{"name": 1, "sizes": []}"#, #"r: key "name": expected a string, found 1"#),
        (#"{"name": null, "sizes": []}"#, #"r: key "name": expected a string, found null"#),
        (#"{"name": "a", "sizes": [1, "b"]}"#, #"r: key "sizes[1]": expected a whole number, found "b""#),
        (#"{"name": "a", "sizes": [2, 2.5, 3]}"#, #"r: key "sizes[1]": expected a whole number, found 2.5"#),
        (#"{"name": "a", "sizes": [1e30]}"#, #"r: key "sizes[0]": expected a whole number, found 1e+30"#),
        (#"{"name": "a", "sizes": {"b": 1}}"#, #"r: key "sizes": expected a list, found an object"#),
        ("[1, 2]", "r: expected an object, found [1, 2]"),
        (#"{"name": "a", "name": "b", "sizes": []}"#, #"r: line 1, column 15: key "name": expected once, found twice"#),
        (
            #"{"name": "a", "sizes": [1]"#,
            "r: line 1, column 27: bad JSON: expected ',' or '}', found the end of the text"
        ),
    ])
    func whatIsWrongIsSaidInOurWords(text: String, message: String) throws {
        let error = try #require(throws: JSONError.self) { try decode(text) }
        #expect("\(error)" == message)
    }

    @Test func aKeyOfDigitsIsNoPosition() throws {
        let error = try #require(throws: JSONError.self) {
            try JSONText.decode([String: Double].self, from: #"{"30": "x"}"#.utf8, file: "r")
        }
        #expect("\(error)" == #"r: key "30": expected a number, found "x""#)
    }

    static let form = JSONForm.object([
        "runs": .list(.keys(["name", "free"], ["kind": .oneOf(["mean", "snapshot"])]))
    ])

    @Test(arguments: [
        (#"{"runs": [{"nam": "a"}]}"#, #"r: key "runs[0].nam" is unknown; did you mean "name"?"#),
        (#"{"foo": 1}"#, #"r: key "foo" is unknown; known are runs"#),
        (
            #"{"runs": [{}, {"kind": "means"}]}"#,
            #"r: key "runs[1].kind": expected mean or snapshot, found "means"; did you mean "mean"?"#
        ),
        (#"{"runs": [{"kind": 5}]}"#, #"r: key "runs[0].kind": expected mean or snapshot, found 5"#),
    ])
    func whatTheFormDoesNotKnowIsRefused(text: String, message: String) throws {
        func check(_ text: String) throws { try Self.form.check(JSONValue(parsing: text.utf8, file: "r"), file: "r") }
        let error = try #require(throws: JSONError.self) { try check(text) }
        #expect("\(error)" == message)
        // The twin: what it knows, and what other checks are for.
        try check(#"{"runs": [{"name": 7, "free": {"any": 1}, "kind": "mean"}, {"kind": null}]}"#)
    }
}
