/// A text as its bytes: two are equal only if they are so scalar by scalar, unlike Swift's strings, for which é and e
/// with an accent are one.
struct Piece: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }
}
