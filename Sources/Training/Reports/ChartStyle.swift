/// Colours and markers. Every colour keeps a contrast of 4.5 : 1 to its background, in light and in dark; markers tell
/// lines apart without colour.
enum ChartStyle {
    /// (light, dark); the first is for the base optimizer alone.
    static let colours: [(light: String, dark: String)] = [
        ("#4b5563", "#cbd5e1"), ("#1d4ed8", "#7db4ff"), ("#c2410c", "#fd9a5b"), ("#0f766e", "#3fd6c0"),
        ("#7e22ce", "#cf9bff"), ("#a1155f", "#f58ac0"), ("#805b00", "#e8c547"),
    ]

    static func colourClass(_ index: Int) -> String {
        "c\(index % colours.count)"
    }

    /// A marker of about 8 pixels at a place: circle, square, triangle, diamond, then again.
    static func marker(_ index: Int, x: Double, y: Double) -> String {
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

    static var css: String {
        let light = colours.enumerated().map { "--c\($0): \($1.light);" }.joined(separator: " ")
        let dark = colours.enumerated().map { "--c\($0): \($1.dark);" }.joined(separator: " ")
        let classes = colours.indices.map { ".c\($0) { color: var(--c\($0)); }" }.joined(separator: "\n")
        return """
            :root { color-scheme: light dark; --ink: #1a1f29; --quiet: #4d5666; --paper: #ffffff; --rule: #d9dee6;
              --goal: #9f1239; \(light) }
            @media screen and (prefers-color-scheme: dark) {
            :root { --ink: #e8ecf2; --quiet: #aab4c3; --paper: #12161d; --rule: #2f3744; --goal: #ff8fa3; \(dark) }
            }
            * { box-sizing: border-box; }
            body { margin: 0 auto; max-width: 66rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
              font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
            h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
            h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
            p { margin: .5rem 0; }
            .quiet, figcaption, caption { color: var(--quiet); font-size: .9rem; text-align: left; }
            figure { margin: 1.5rem 0 0; }
            svg { display: block; width: 100%; height: auto; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
            th, td { padding: .35rem .8rem; border-bottom: 1px solid var(--rule); text-align: right;
              white-space: nowrap; }
            th:first-child, td:first-child { text-align: left; padding-left: 0; }
            thead th { border-bottom: 2px solid var(--quiet); font-weight: 600; }
            .settings td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
            .missed { color: var(--goal); }
            .swatch { display: inline-block; width: .8em; height: .8em; margin-right: .5em; background: currentColor;
              border-radius: 2px; }
            svg text { fill: var(--ink); font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
            svg .tick { fill: var(--quiet); }
            svg .grid { stroke: var(--rule); stroke-width: 1; }
            svg .axis { stroke: var(--quiet); stroke-width: 1; }
            svg .target { stroke: var(--goal); stroke-width: 1.5; stroke-dasharray: 7 5; }
            svg text.goal { fill: var(--goal); }
            svg .run { fill: none; stroke: currentColor; stroke-width: 1; opacity: .38; }
            svg .mean { fill: none; stroke: currentColor; stroke-width: 2.4; stroke-linejoin: round; }
            svg .marker { fill: currentColor; stroke: var(--paper); stroke-width: 1.2; }
            svg .flag { stroke: currentColor; stroke-width: 1.2; }
            svg .nowcast { stroke: currentColor; stroke-width: 2; }
            svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
            @media print { body { max-width: none; padding: 0; font-size: 11pt; } figure, table { break-inside: avoid;
              } .swatch { print-color-adjust: exact; } }
            \(classes)
            """
    }
}
