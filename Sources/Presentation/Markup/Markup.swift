/// Text made safe for HTML and SVG, in content and in quoted attributes.
public func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        // Control characters are no XML at all.
        case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}

/// One element. Attribute values are escaped here; `content` is markup already.
public func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String? = nil
) -> String {
    let list = attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    guard let content else { return "<\(name)\(list)/>" }
    return "<\(name)\(list)>\(content)</\(name)>"
}

/// Markup that scrolls sideways where it is wider than the page, with the keyboard too.
///
/// - Parameters:
///   - label: what it is, for those who cannot see it.
///   - isChart: a picture whose letters are to stay readable in a narrow window.
public func scrolling(_ content: String, label: String, isChart: Bool = false) -> String {
    element(
        "div",
        ["class": isChart ? "scroll chart" : "scroll", "tabindex": "0", "role": "group", "aria-label": label], content)
}

/// A coordinate in an SVG: a tenth of a pixel is fine enough, and short. What lies farther off than any page ends where
/// browsers still draw.
public func coordinate(_ value: Double) -> String {
    let near = value.isNaN ? 0 : min(max(value, -1e7), 1e7)
    let tenths = Int((near * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(near, decimals: 1)"
}
