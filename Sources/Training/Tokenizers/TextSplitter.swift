import Foundation
import JSONText

/// Cuts a text into words, as a tokenizer's `pre_tokenizer` says.
struct TextSplitter: Sendable {
    private enum Step: Sendable {
        /// What the expression finds is a word, and what lies between.
        case isolate(NSRegularExpression)
        /// What it finds goes.
        case remove(NSRegularExpression)
        case prefixSpace
        case bytes
    }

    private let steps: [Step]
    /// Whether words are written in the alphabet of bytes.
    let isByteLevel: Bool

    /// GPT-2's words.
    private static let words = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    /// Blanks and punctuation, as BERT has them: all of ASCII that is neither letter nor digit counts as such.
    private static let punctuation = #"[\p{P}!-/:-@\[-`{-~]"#

    /// - Parameter value: null for none: then the whole text is one word.
    init(_ value: TokenizerValue) throws(JSONError) {
        steps = try Self.steps(value)
        isByteLevel = steps.contains { if case .bytes = $0 { true } else { false } }
    }

    private static func steps(_ value: TokenizerValue) throws(JSONError) -> [Step] {
        guard !value.isMissing else { return [] }
        switch try value["type"].text {
        case "Sequence":
            var all: [Step] = []
            for item in try value["pretokenizers"].list { all += try steps(item) }
            return all
        case "ByteLevel":
            let prefix: [Step] = try value["add_prefix_space"].flag(otherwise: true) ? [.prefixSpace] : []
            let split: [Step] =
                try value["use_regex"].flag(otherwise: true) ? [.isolate(expression(words, value))] : []
            return prefix + split + [.bytes]
        case "Split":
            guard try value["behavior"].text == "Isolated", try !value["invert"].flag(otherwise: false) else {
                throw value.error(expected: "behavior Isolated without invert")
            }
            let pattern = value["pattern"]
            if let text = try pattern["Regex"].optionalText { return [.isolate(try expression(text, pattern))] }
            let text = NSRegularExpression.escapedPattern(for: try pattern["String"].text)
            return [.isolate(try expression(text, pattern))]
        case "BertPreTokenizer":
            return [.remove(try expression(#"\s"#, value)), .isolate(try expression(punctuation, value))]
        case "WhitespaceSplit": return [.remove(try expression(#"\s"#, value))]
        case "Whitespace": return [.remove(try expression(#"\s"#, value)), .isolate(try expression(#"\w+"#, value))]
        case "Digits" where try value["individual_digits"].flag(otherwise: false):
            return [.isolate(try expression(#"\p{N}"#, value))]
        case let type:
            throw value["type"].error(
                expected: "ByteLevel, Split, BertPreTokenizer, Whitespace, WhitespaceSplit, Digits or a Sequence",
                found: type)
        }
    }

    /// ICU's `\s` is narrower than that of the Rust library, which is Unicode's property.
    private static func expression(_ pattern: String, _ value: TokenizerValue) throws(JSONError) -> NSRegularExpression
    {
        let wide = pattern.replacing(#"\s"#, with: #"\p{White_Space}"#).replacing(#"\S"#, with: #"\P{White_Space}"#)
        guard let expression = try? NSRegularExpression(pattern: wide) else {
            throw value.error(expected: "a regular expression", found: pattern)
        }
        return expression
    }

    func split(_ text: String) -> [String] {
        steps.reduce(text.isEmpty ? [] : [text]) { words, step in
            switch step {
            case .isolate(let expression): words.flatMap { Self.cut($0, expression, isKept: true) }
            case .remove(let expression): words.flatMap { Self.cut($0, expression, isKept: false) }
            case .prefixSpace: words.map { $0.hasPrefix(" ") ? $0 : " " + $0 }
            case .bytes: words.map(ByteAlphabet.written)
            }
        }
    }

    private static func cut(_ text: String, _ expression: NSRegularExpression, isKept: Bool) -> [String] {
        let whole = text as NSString
        var (parts, end) = ([String](), 0)
        func add(_ range: NSRange) {
            if range.length > 0 { parts.append(whole.substring(with: range)) }
        }
        expression.enumerateMatches(in: text, range: NSRange(location: 0, length: whole.length)) { match, _, _ in
            guard let range = match?.range, range.length > 0 else { return }
            add(NSRange(location: end, length: range.location - end))
            if isKept { add(range) }
            end = range.location + range.length
        }
        add(NSRange(location: end, length: whole.length - end))
        return parts
    }
}
