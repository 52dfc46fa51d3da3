/// The first fault in the nesting of tags and in the characters between them; nil for a well-formed page.
func fault(in page: String) -> String? {
    var open: [Substring] = []
    var rest = page[...].drop { $0 != "\n" }  // after the document type
    while let start = rest.firstIndex(of: "<") {
        let text = rest[..<start]
        if text.contains(">") && open.last != "style" { return "a bare > in \(text)" }
        guard let end = rest[start...].firstIndex(of: ">") else { return "a tag without end" }
        let tag = rest[rest.index(after: start)..<end]
        rest = rest[rest.index(after: end)...]
        if tag.contains("<") || tag.filter({ $0 == "\"" }).count % 2 != 0 { return "the tag \(tag)" }
        if tag.hasSuffix("/") { continue }
        let name = tag.prefix { $0 != " " }
        if name.hasPrefix("/") {
            guard open.popLast() == name.dropFirst() else {
                return "</\(name.dropFirst())> does not close what is open"
            }
        } else {
            open.append(name)
        }
    }
    return open.isEmpty ? nil : "open at the end: \(open)"
}
