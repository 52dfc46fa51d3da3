// Reads behind the end of an array in `construct`.
enum Misdeed: Misdeeds {
    static let id = "test.swift-index-out-of-range"

    static func construct(_ width: Int) {
        let names = ["inputs", "outputs"]
        print(names[width])
    }
}
