/// Colours and markers. Every colour keeps a contrast of 4.5 : 1 to its background, in light and in dark; markers tell
/// lines apart without colour.
public enum ChartStyle {
    /// (light, dark); the first is for the base optimizer alone.
    public static let colours: [(light: String, dark: String)] = [
        ("#4b5563", "#cbd5e1"), ("#1d4ed8", "#7db4ff"), ("#c2410c", "#fd9a5b"), ("#0f766e", "#3fd6c0"),
        ("#7e22ce", "#cf9bff"), ("#a1155f", "#f58ac0"), ("#805b00", "#e8c547"),
    ]

    public static func colourClass(_ index: Int) -> String {
        "c\(index % colours.count)"
    }

    /// A marker of about 8 pixels at a place: circle, square, triangle, diamond, then again.
    public static func marker(_ index: Int, x: Double, y: Double) -> String {
        let style = "marker \(colourClass(index))"
        func polygon(_ corners: [(Double, Double)]) -> String {
            let points = corners.map { "\(coordinate(x + $0.0)),\(coordinate(y + $0.1))" }.joined(separator: " ")
            return element("polygon", ["class": style, "points": points])
        }
        switch index % 4 {
        case 0: return element("circle", ["class": style, "cx": coordinate(x), "cy": coordinate(y), "r": "4"])
        case 1: return polygon([(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)])
        case 2: return polygon([(0, -5), (4.6, 3.6), (-4.6, 3.6)])
        default: return polygon([(0, -5.2), (5.2, 0), (0, 5.2), (-5.2, 0)])
        }
    }

    /// Variables for both schemes, and a class for each colour.
    static var css: String {
        let light = colours.enumerated().map { "--c\($0): \($1.light);" }.joined(separator: " ")
        let dark = colours.enumerated().map { "--c\($0): \($1.dark);" }.joined(separator: " ")
        let classes = colours.indices.map { ".c\($0) { color: var(--c\($0)); }" }.joined(separator: "\n")
        return """
            :root { \(light) }
            @media screen and (prefers-color-scheme: dark) { :root { \(dark) } }
            \(classes)
            """
    }
}
