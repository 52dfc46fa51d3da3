/// A text in the word pieces of a tokenizer.
public typealias WordText = TokenWindows<UInt32>

extension WordText {
    /// - Throws: `cannotRead`, also for what is no UTF-8; the errors of `Tokenizer`; `invalidSetting`, `textTooShort`.
    public init(contentsOf file: String, tokenizer: String, context: Int) throws(TrainingError) {
        let words = try Tokenizer(contentsOf: tokenizer)
        guard let text = String(validating: try readFile(file), as: UTF8.self) else {
            throw .cannotRead(file: file, reason: "expected UTF-8, for --tokenizer, found other bytes")
        }
        let tokens = words.encode(text)
        try self.init(tokens, labelCount: words.vocabularySize, unit: "tokens", context: context, file: file)
    }
}
