/// A straight line of a picture.
/// - Parameter style: its class.
public func svgLine(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    element(
        "line",
        ["class": style, "x1": coordinate(x1), "y1": coordinate(y1), "x2": coordinate(x2), "y2": coordinate(y2)])
}

/// A line of text in a picture; escaped here.
/// - Parameters:
///   - anchor: which end of it stands at `x`: start, middle or end.
///   - style: its class.
public func svgText(_ content: String, x: Double, y: Double, anchor: String, style: String) -> String {
    element("text", ["class": style, "x": coordinate(x), "y": coordinate(y), "text-anchor": anchor], escaped(content))
}

/// Markup that tells a text when the pointer rests on it.
public func hovered(_ markup: String, _ text: String) -> String {
    element("g", [:], element("title", [:], escaped(text)) + markup)
}
