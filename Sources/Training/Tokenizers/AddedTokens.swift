import Foundation
import JSONText

/// Tokens that are looked for in the text itself before anything else, such as the end of a document.
struct AddedTokens: Sendable {
    enum Part {
        case token(UInt32)
        case text(String)
    }

    private struct Entry: Sendable {
        let content: [UInt8]
        let token: UInt32
        /// Take blanks beside them along.
        let stripsLeft, stripsRight: Bool
    }

    /// Longest first, by the first byte.
    private let entries: [UInt8: [Entry]]
    /// The largest number; -1 if there is none.
    let largest: Int

    init(_ value: TokenizerValue) throws(JSONError) {
        var entries: [UInt8: [Entry]] = [:]
        var largest = -1
        for item in try value.list {
            let content = Array(try item["content"].text.utf8)
            let token = try item["id"].integer(otherwise: -1)
            guard let first = content.first, (0..<(1 << 31)).contains(token) else {
                throw item.error(expected: "content and id of a token")
            }
            for key in ["single_word"] where try item[key].flag(otherwise: false) {
                throw item[key].error(expected: "false")
            }
            let entry = Entry(
                content: content, token: UInt32(token), stripsLeft: try item["lstrip"].flag(otherwise: false),
                stripsRight: try item["rstrip"].flag(otherwise: false))
            entries[first, default: []].append(entry)
            largest = max(largest, token)
        }
        self.entries = entries.mapValues { $0.sorted { $0.content.count > $1.content.count } }
        self.largest = largest
    }

    /// The text cut at the tokens in it, the leftmost first and of several the longest.
    func split(_ text: String) -> [Part] {
        guard !entries.isEmpty else { return [.text(text)] }
        let bytes = Array(text.utf8)
        var (parts, start, place) = ([Part](), 0, 0)
        func add(_ range: Range<Int>) {
            if !range.isEmpty { parts.append(.text(String(decoding: bytes[range], as: UTF8.self))) }
        }
        while place < bytes.count {
            guard let entry = entries[bytes[place]]?.first(where: { bytes[place...].starts(with: $0.content) }) else {
                place += 1
                continue
            }
            var (end, next) = (place, place + entry.content.count)
            while entry.stripsLeft, end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
            while entry.stripsRight, next < bytes.count, Self.isBlank(bytes[next]) { next += 1 }
            add(start..<end)
            parts.append(.token(entry.token))
            (start, place) = (next, next)
        }
        add(start..<bytes.count)
        return parts
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
