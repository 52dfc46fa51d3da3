extension Sequence where Element == String {
    /// As in a message: `adamw, sgd or muon`.
    public var spoken: String {
        let words = Array(self)
        guard words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    }
}
