/// One self-contained HTML page: nothing is loaded from elsewhere.
public struct Page: Sendable {
    public let title: String
    /// Markup of the body.
    public var content: String
    /// Names of files under Sources/CPages/assets that go into the page's style, behind the common one.
    public var styles: [String]
    /// The same for scripts, in the order in which they are read.
    public var scripts: [String]
    /// JSON texts that the scripts find by the id.
    public var data: [(id: String, json: String)]

    public init(
        title: String, content: String, styles: [String] = [], scripts: [String] = [],
        data: [(id: String, json: String)] = []
    ) {
        (self.title, self.content, self.styles, self.scripts, self.data) = (title, content, styles, scripts, data)
    }

    /// A file under Sources/CPages/assets.
    public static func asset(_ name: String) -> String { PageAssets.text(name) }

    /// The scripts of an explorer page, in order.
    public static let explorerScripts = [
        "tensor", "ops-basic", "ops-layers", "ops-images", "ops-traced", "program", "symmetry", "model", "words",
        "heatmaps",
        "graphview", "views", "explorer",
    ].map { "explore/\($0).js" }

    /// Names of the operations that scripts define, as `operations.NAME = …`.
    public static func operations(definedIn scripts: [String]) -> Set<String> {
        Set(scripts.flatMap { PageAssets.text($0).matches(of: #/(?m)^operations\.(\w+) = /#).map { String($0.1) } })
    }

    public var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        \(policy)<title>\(escaped(title))</title>
        <style>
        \(([PageAssets.text("page.css"), ChartStyle.css] + styles.map(PageAssets.text)).joined(separator: "\n"))
        </style>
        </head>
        <body>
        \(content)
        \(dataMarkup)\(scriptMarkup)</body>
        </html>

        """
    }

    /// With scripts, the browser is told to load nothing, whatever the data says.
    private var policy: String {
        guard !scripts.isEmpty else { return "" }
        let rules = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
        return element("meta", ["http-equiv": "Content-Security-Policy", "content": rules]) + "\n"
    }

    private var dataMarkup: String {
        data.map { item in
            // A text in JSON may hold the end of its own element, written otherwise it means the same.
            let json = item.json.replacing("<", with: "\\u003c")
            return element("script", ["type": "application/json", "id": item.id], json) + "\n"
        }.joined()
    }

    private var scriptMarkup: String {
        scripts.isEmpty
            ? "" : "<script>\n\"use strict\";\n\(scripts.map(PageAssets.text).joined(separator: "\n"))</script>\n"
    }
}

/// A file within a page, to be saved by whoever reads it.
public func download(_ title: String, file: String, type: String, bytes: some Sequence<UInt8>) -> String {
    let address = "data:\(type);base64,\(base64(bytes))"
    return element("a", ["download": file, "href": address], escaped(title))
}
