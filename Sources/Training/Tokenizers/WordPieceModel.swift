import JSONText

/// WordPiece: from its start a word is cut into the longest pieces that the vocabulary has, those inside a word with a
/// prefix. Source: Devlin et al. 2019 (arXiv 1810.04805).
struct WordPieceModel: WordModel {
    let vocabularySize: Int
    private let vocabulary: [Piece: UInt32]
    private let unknown: UInt32
    private let prefix: String
    /// Longer words are unknown; in Unicode scalars.
    private let longest: Int

    init(_ value: TokenizerValue) throws(JSONError) {
        vocabulary = try value["vocab"].vocabulary
        let name = try value["unk_token"].optionalText ?? "[UNK]"
        guard let unknown = vocabulary[Piece(name)] else {
            throw value["unk_token"].error(expected: "a piece of the vocabulary", found: name)
        }
        self.unknown = unknown
        prefix = try value["continuing_subword_prefix"].optionalText ?? "##"
        longest = try value["max_input_chars_per_word"].integer(otherwise: 100)
        vocabularySize = Int(vocabulary.values.max() ?? 0) + 1
    }

    func tokens(of word: String) -> [UInt32] {
        let scalars = Array(word.unicodeScalars)
        guard scalars.count <= longest else { return [unknown] }
        var (tokens, start) = ([UInt32](), 0)
        while start < scalars.count {
            var found: UInt32?
            var end = scalars.count
            while found == nil, end > start {
                var piece = String.UnicodeScalarView()
                piece.append(contentsOf: scalars[start..<end])
                found = vocabulary[Piece((start > 0 ? prefix : "") + String(piece))]
                if found == nil { end -= 1 }
            }
            guard let found else { return [unknown] }
            tokens.append(found)
            start = end
        }
        return tokens
    }
}
