// Ends itself in `describe`, in words.
enum Misdeed: Misdeeds {
    static let id = "test.swift-fatal-error"

    static func describe(_ width: Int) {
        fatalError("no such layer")
    }
}
