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
        (#"{"name": "a"}"#, "r: key 'sizes': expected a value, found nothing"),
        (#"{"name": 1, "sizes": []}"#, "r: key 'name': expected a string, found something else"),
        (#"{"name": "a", "sizes": [1, "b"]}"#, "r: key 'sizes[1]': expected a whole number, found something else"),
        (#"{"name": "a", "name": "b", "sizes": []}"#, "r: line 1, column 15: key 'name': expected once, found twice"),
        (
            #"{"name": "a", "sizes": [1]"#,
            "r: line 1, column 27: bad JSON: expected ',' or '}', found the end of the text"
        ),
    ])
    func whatIsWrongIsSaidInOurWords(text: String, message: String) throws {
        let error = try #require(throws: JSONError.self) { try decode(text) }
        #expect("\(error)" == message)
    }
}
