import JSONText

/// Byte-pair encoding: of all neighbours in a word the pair that was merged earliest in training is merged, until none
/// is left. Source: Sennrich et al. 2016 (arXiv 1508.07909).
struct BytePairModel: WordModel {
    let vocabularySize: Int
    private let vocabulary: [Piece: UInt32]
    private let merges: [UInt64: (rank: Int, token: UInt32)]
    private let unknown: UInt32?
    /// Words of the vocabulary are taken as they are.
    private let ignoresMerges: Bool

    init(_ value: TokenizerValue) throws(JSONError) {
        for key in ["byte_fallback", "fuse_unk"] where try value[key].flag(otherwise: false) {
            throw value[key].error(expected: "false: only byte-level BPE is read")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard try (value[key].optionalText ?? "").isEmpty else { throw value[key].error(expected: "none") }
        }
        guard value["dropout"].isMissing else { throw value["dropout"].error(expected: "none") }
        let vocabulary = try value["vocab"].vocabulary
        var merges: [UInt64: (rank: Int, token: UInt32)] = [:]
        for (rank, merge) in try value["merges"].list.enumerated() {
            let pair = try Self.pair(merge)
            guard let left = vocabulary[Piece(pair.0)], let right = vocabulary[Piece(pair.1)],
                let whole = vocabulary[Piece(pair.0 + pair.1)]
            else { throw merge.error(expected: "two pieces that stand, as their sum does, in the vocabulary") }
            let key = Self.key(left, right)
            if merges[key] == nil { merges[key] = (rank, whole) }
        }
        self.vocabulary = vocabulary
        self.merges = merges
        unknown = try value["unk_token"].optionalText.flatMap { vocabulary[Piece($0)] }
        ignoresMerges = try value["ignore_merges"].flag(otherwise: false)
        vocabularySize = Int(vocabulary.values.max() ?? 0) + 1
    }

    /// `"a b"`, or since version 0.20 `["a", "b"]`.
    private static func pair(_ merge: TokenizerValue) throws(JSONError) -> (String, String) {
        if case .text(let text) = merge.value {
            let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw merge.error(expected: "two pieces and a blank between them") }
            return (parts[0], parts[1])
        }
        let parts = try merge.list
        guard parts.count == 2 else { throw merge.error(expected: "two pieces") }
        return (try parts[0].text, try parts[1].text)
    }

    private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    func tokens(of word: String) -> [UInt32] {
        if ignoresMerges, let whole = vocabulary[Piece(word)] { return [whole] }
        var pieces = word.unicodeScalars.compactMap { vocabulary[Piece(String($0))] ?? unknown }
        while pieces.count > 1 {
            var best: (rank: Int, token: UInt32, place: Int)?
            for place in 0..<(pieces.count - 1) {
                guard let merge = merges[Self.key(pieces[place], pieces[place + 1])] else { continue }
                if merge.rank < best?.rank ?? .max { best = (merge.rank, merge.token, place) }
            }
            guard let best else { break }
            pieces[best.place] = best.token
            pieces.remove(at: best.place + 1)
        }
        return pieces
    }
}
