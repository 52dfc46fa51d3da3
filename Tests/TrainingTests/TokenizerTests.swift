import Foundation
import TestSupport
import Testing
import Training

/// Against Hugging Face's tokenizers: Tests/Fixtures/tokenizer_cases.py writes tokenizer_cases.json.
@Suite struct TokenizerTests {
    private struct Fixture: Decodable {
        let texts: [String]
        let cases: [Case]

        struct Case: Decodable {
            let name, tokenizer: String
            let size: Int
            let encodings: [[UInt32]]
        }
    }

    private func fixture() throws -> Fixture {
        let path = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/tokenizer_cases.json")
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
        #expect(fixture.cases.count == 6 && fixture.texts.count == 11)
        return fixture
    }

    private func tokenizer(_ text: String) throws -> Tokenizer { try Tokenizer(Array(text.utf8), file: "t.json") }

    @Test func tokensAreThoseOfTheReference() throws {
        let fixture = try fixture()
        for case_ in fixture.cases {
            let tokenizer = try tokenizer(case_.tokenizer)
            #expect(tokenizer.vocabularySize == case_.size)
            for (text, tokens) in zip(fixture.texts, case_.encodings) {
                #expect(tokenizer.encode(text) == tokens, "\(case_.name): \(text.debugDescription)")
            }
        }
        // The twin: the tokenizers differ from each other.
        let long = fixture.cases.map { $0.encodings[4] }
        #expect(Set(long).count == 6)
    }

    /// Merges are read as texts and as pairs.
    @Test func bothFormsOfMergesAreRead() throws {
        let pairs =
            #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}, "#
            + #""pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}}"#
        #expect(try tokenizer(pairs).encode("abba") == [2, 1, 0])
        #expect(try tokenizer(pairs.replacing(#"["a", "b"]"#, with: #""a b""#)).encode("abba") == [2, 1, 0])
    }

    @Test(arguments: [
        (#""type": "BPE""#, #""type": "Unigram""#, "model.type"),
        (#""merges": [["a", "b"]]"#, #""merges": [["a", "c"]]"#, "model.merges[0]"),
        (#""merges": [["a", "b"]]"#, #""merges": [["a"]]"#, "model.merges[0]"),
        (#""ab": 2"#, #""ab": -2"#, "model.vocab.ab"), (#""ab": 2"#, #""ab": 2.5"#, "model.vocab.ab"),
        (#""vocab": {"a": 0, "b": 1, "ab": 2}, "#, "", "model.vocab"),
        (#""type": "ByteLevel""#, #""type": "Metaspace""#, "pre_tokenizer.type"),
        (#""type": "ByteLevel""#, #""type": "WhitespaceSplit""#, #"t.json: key "pre_tokenizer""#),
        (#""type": "BPE""#, #""type": "BPE", "byte_fallback": true"#, "model.byte_fallback"),
        (#"{"model""#, #"{"normalizer": {"type": "Nmt"}, "model""#, "normalizer.type"),
        (#"{"model""#, #"{"added_tokens": [{"id": 1}], "model""#, "added_tokens[0].content"),
        (#"}}"#, "}", "expected"),
    ])
    func damagedFilesAreRefusedByTheirKey(found: String, damage: String, key: String) throws {
        let right =
            #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}, "#
            + #""pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}}"#
        #expect(try tokenizer(right).vocabularySize == 3)
        let damaged = right.replacing(found, with: damage)
        #expect(damaged != right)
        let error = #expect(throws: TrainingError.self) { try tokenizer(damaged) }
        #expect("\(error!)".contains("t.json") && "\(error!)".contains(key), "\(error!)")
    }

    @Test func aTextIsLearntInWordPieces() throws {
        let folder = TemporaryFolder()
        let words = folder.write(try fixture().cases[0].tokenizer, to: "tokenizer.json")
        let text = folder.write(
            String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 40), to: "text")
        let data = try WordText(contentsOf: text, tokenizer: words, context: 8)
        let bytes = try ByteText(contentsOf: text, context: 8)
        #expect(data.labelCount == 402 && data.trainingCount < bytes.trainingCount / 2 && data.hasPerplexity)
        #expect(data.identity.contains("tokens") && bytes.identity.contains("bytes"))
        folder.write([0xFF, 0xFE, 0x41], to: "text")
        let error = #expect(throws: TrainingError.self) {
            try WordText(contentsOf: text, tokenizer: words, context: 8)
        }
        #expect("\(error!)".contains("UTF-8"))
    }
}
