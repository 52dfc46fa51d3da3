import CNinoPlugin
import Glibc

/// Longest text taken from a plugin, in bytes: names and configs are far shorter, and an unterminated one is found out.
private let longestText = 1 << 20

/// A text from a plugin: nil if the pointer is NULL, the bytes are not UTF-8, or no end is in sight.
func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer else { return nil }
    let length = strnlen(pointer, longestText)
    guard length < longestText else { return nil }
    return String(validating: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self)
}

/// A text that must not be empty.
func nonEmptyText(_ pointer: UnsafePointer<CChar>?) -> String? {
    text(pointer).flatMap { $0.isEmpty ? nil : $0 }
}

/// A text to be shown: not empty, without line breaks and other control characters.
func label(_ pointer: UnsafePointer<CChar>?) -> String? {
    nonEmptyText(pointer).flatMap { $0 == $0.onOneLine() ? $0 : nil }
}

/// A NULL-terminated list of texts; nil if one of them is no text or the list has no end within `limit`.
func texts(_ pointer: UnsafePointer<UnsafePointer<CChar>?>?, limit: Int = 1024) -> [String]? {
    guard let pointer else { return nil }
    var strings: [String] = []
    for index in 0..<limit {
        guard let item = pointer[index] else { return strings }
        guard let string = text(item) else { return nil }
        strings.append(string)
    }
    return nil
}

/// Writes a message into the caller's error, cut to its size.
func write(_ message: String, to error: UnsafeMutablePointer<nino_error_t>?) {
    guard let error else { return }
    withUnsafeMutableBytes(of: &error.pointee.message) { buffer in
        let bytes = Array(message.utf8.prefix(buffer.count - 1))
        buffer.copyBytes(from: bytes)
        buffer[bytes.count] = 0
    }
}

extension nino_error_t {
    /// What the plugin wrote; a sentence that says so if it wrote nothing.
    var text: String {
        withUnsafeBytes(of: message) { buffer in
            let written = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            return written.isEmpty ? "(the plugin gave no message)" : written.onOneLine()
        }
    }
}

extension StringProtocol {
    /// Fit to be shown on one line of a terminal: without control characters, which could move the cursor or hide text,
    /// and not longer than `limit` characters.
    public func onOneLine(limit: Int = .max) -> String {
        let shown = String(
            String.UnicodeScalarView(
                unicodeScalars.map { Self.controls.contains($0.properties.generalCategory) ? " " : $0 }))
        return shown.count > limit ? shown.prefix(limit) + "…" : shown
    }

    private static var controls: Set<Unicode.GeneralCategory> {
        [.control, .format, .lineSeparator, .paragraphSeparator]
    }
}
