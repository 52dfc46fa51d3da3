// Calls itself without end in `trace`.
enum Misdeed: Misdeeds {
    static let id = "test.swift-recursion"

    static func trace(_ width: Int) {
        if width > 0 { trace(width + 1) }
        // Behind the call, so that it is no loop.
        print(width)
    }
}
