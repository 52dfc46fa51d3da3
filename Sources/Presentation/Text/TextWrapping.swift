/// Breaks text into lines.
public enum TextWrapping {
    /// - Parameter hang: blanks before all lines but the first.
    public static func lines(of text: String, width: Int?, hang: Int = 0) -> [String] {
        guard let width, text.count > width else { return [text] }
        var lines: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            let blanks = String(repeating: " ", count: lines.isEmpty ? 0 : hang)
            let room = max(1, width - blanks.count)
            guard rest.count > room else {
                lines.append(blanks + rest)
                break
            }
            let window = rest.prefix(room + 1)
            // A break just behind the window's edge is as good as one inside.
            let end =
                window.lastIndex(of: " ").flatMap { $0 > rest.startIndex ? $0 : nil }
                ?? window.dropLast().lastIndex(where: { "/.,_-".contains($0) }).map { rest.index(after: $0) }
                ?? rest.index(rest.startIndex, offsetBy: room)
            lines.append(trimmed(blanks + rest[..<end]))
            rest = rest[end...].drop { $0 == " " }
        }
        return lines
    }

    public static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
