/// A table of names and values, shown as they are, in order.
public func settingsTable(_ rows: [(name: String, value: String)]) -> String {
    let body = rows.map { row in
        element("tr", [:], element("th", ["scope": "row"], escaped(row.name)) + element("td", [:], escaped(row.value)))
    }
    return element("table", ["class": "settings"], element("tbody", [:], body.joined(separator: "\n")))
}

/// Links to data within the page, in one line.
public func downloads(_ links: [String]) -> String {
    links.isEmpty ? "" : element("p", [:], "Data of this page: " + links.joined(separator: ", ") + ".")
}
