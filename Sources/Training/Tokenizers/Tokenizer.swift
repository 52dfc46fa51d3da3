import Foundation
import JSONText

/// Text as the numbers of word pieces, by a `tokenizer.json` of Hugging Face's `tokenizers`: byte-level BPE, or
/// WordPiece.
///
/// Special tokens are recognized where the text has them, and none is added.
public struct Tokenizer: Sendable {
    /// Numbers are below it.
    public let vocabularySize: Int
    private let added: AddedTokens
    private let normalizer: TextNormalizer
    private let splitter: TextSplitter
    private let model: any WordModel

    /// - Throws: `cannotRead`; `json` naming file and key for what is no such file, or of a kind that is not read.
    public init(contentsOf file: String) throws(TrainingError) {
        try self.init(readFile(file, limit: JSONLimits.bytes), file: file)
    }

    /// - Parameter file: name for messages.
    public init(_ bytes: [UInt8], file: String) throws(TrainingError) {
        do throws(JSONError) {
            let root = TokenizerValue(try JSONValue(parsing: bytes, file: file), file: file)
            added = try AddedTokens(root["added_tokens"])
            normalizer = try TextNormalizer(root["normalizer"])
            splitter = try TextSplitter(root["pre_tokenizer"])
            model = try Self.model(root, splitter)
            vocabularySize = max(model.vocabularySize, added.largest + 1)
        } catch {
            throw .json(error)
        }
    }

    private static func model(_ root: TokenizerValue, _ splitter: TextSplitter) throws(JSONError) -> any WordModel {
        let value = root["model"]
        // Files of early versions name no type.
        let type = try value["type"].optionalText ?? (value["merges"].isMissing ? "WordPiece" : "BPE")
        switch type {
        case "BPE":
            guard splitter.isByteLevel else {
                throw root["pre_tokenizer"].error(expected: "ByteLevel, for BPE", found: "another")
            }
            return try BytePairModel(value)
        case "WordPiece": return try WordPieceModel(value)
        default: throw value.error("type", expected: "BPE or WordPiece", found: type)
        }
    }

    public func encode(_ text: String) -> [UInt32] {
        var words = WordCache(model)
        var tokens: [UInt32] = []
        for part in added.split(text) {
            switch part {
            case .token(let token): tokens.append(token)
            case .text(let text):
                for word in splitter.split(normalizer.normalized(text)) { words.append(word, to: &tokens) }
            }
        }
        return tokens
    }
}

/// Turns a word, as the splitter cuts them, into tokens.
protocol WordModel: Sendable {
    var vocabularySize: Int { get }
    func tokens(of word: String) -> [UInt32]
}

/// Words come again and again.
private struct WordCache {
    private let model: any WordModel
    private var known: [Piece: [UInt32]] = [:]

    init(_ model: any WordModel) {
        self.model = model
    }

    mutating func append(_ word: String, to tokens: inout [UInt32]) {
        let key = Piece(word)
        if let own = known[key] {
            tokens += own
        } else {
            let own = model.tokens(of: word)
            known[key] = own
            tokens += own
        }
    }
}
