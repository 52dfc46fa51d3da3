/// The words of a command line.
enum ArgumentList {
    /// `--steps -1` as `--steps=-1`: the parser takes a word that begins with a dash for an option and says that the
    /// value is missing.
    static func joiningNegativeNumbers(_ words: some Sequence<String>) -> [String] {
        var result: [String] = []
        for word in words {
            if let last = result.last, last.hasPrefix("--"), last.count > 2, !last.contains("="), isNegative(word) {
                result[result.count - 1] = "\(last)=\(word)"
            } else {
                result.append(word)
            }
        }
        return result
    }

    private static func isNegative(_ word: String) -> Bool {
        word.hasPrefix("-") && word.dropFirst().first.map { ("0"..."9").contains($0) || $0 == "." } == true
            && Double(word) != nil
    }
}
