import CPages

/// Styles and scripts of pages: files under Sources/CPages/assets, built into the program.
enum PageAssets {
    /// - Parameter name: the path under that folder; a name that is not there is a programmer's error.
    static func text(_ name: String) -> String {
        guard let file = nino_page_file(name) else { preconditionFailure("no page asset \(name)") }
        return String(
            decoding: UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.count), as: UTF8.self)
    }
}
