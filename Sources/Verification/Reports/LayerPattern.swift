/// Makes names of layers alike: `h.0.attn` and `h.1.attn`, `hidden_0` and `hidden_1`.
enum LayerPattern {
    /// The text with another mark for every number that stands alone behind a dot, an underscore or the word `layer`.
    static func of(_ text: String, mark: Character = "#") -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.first {
            let digits = rest.prefix(while: \.isNumber)
            let follows = rest.dropFirst(digits.count).first
            if !digits.isEmpty, isSeparator(result), !(follows?.isLetter ?? false) {
                result.append(mark)
                rest = rest.dropFirst(digits.count)
            } else if !digits.isEmpty {
                result += digits
                rest = rest.dropFirst(digits.count)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func isSeparator(_ text: String) -> Bool {
        text.hasSuffix(".") || text.hasSuffix("_") || text.hasSuffix("layer ")
    }
}
