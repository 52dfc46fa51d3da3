import Presentation
import Testing

@Suite struct PageTests {
    @Test func textIsEscapedInContentAndAttributes() {
        #expect(escaped("<b a=\"'&\">\u{1}\u{1B}") == "&lt;b a=&quot;&#39;&amp;&quot;&gt;\u{FFFD}\u{FFFD}")
        #expect(element("i", ["title": "\"<"], "x") == "<i title=\"&quot;&lt;\">x</i>")
    }

    /// A loss of 1e20 among losses of 5.
    @Test func whatLiesFarOffThePageHasAPlace() {
        #expect([12.34, 3, 1e20, -.infinity, .nan].map(coordinate) == ["12.3", "3", "10000000", "-10000000", "0"])
    }

    @Test func dataCannotEndItsElement() {
        let page = Page(title: "t", content: "", scripts: [], data: [("model", #"{"name": "</script><b>"}"#)])
        #expect(page.html.contains(#"{"name": "\u003c/script>\u003cb>"}"#))
        #expect(page.html.components(separatedBy: "</script>").count == 2)
    }

    @Test func titlesAreEscaped() {
        let html = Page(title: "<x>", content: "").html
        #expect(html.contains("<title>&lt;x&gt;</title>") && !html.contains("<x>"))
    }

    @Test func pagesWithoutScriptsHaveNone() {
        #expect(!Page(title: "t", content: "").html.contains("<script"))
    }

    @Test func floatsAreLittleEndian() {
        #expect(base64(floats: [1, -2]) == "AACAPwAAAMA=")
    }

    @Test func downloadsAreWithinThePage() {
        let link = download("all <runs>", file: "runs.csv", type: "text/csv", bytes: "a,b\n".utf8)
        #expect(link == "<a download=\"runs.csv\" href=\"data:text/csv;base64,YSxiCg==\">all &lt;runs&gt;</a>")
    }

    @Test func provenanceNamesWhatWasRun() {
        let rows = Provenance(version: "9.8.7").rows
        #expect(rows.map(\.name) == ["date", "nino", "command", "machine"])
        #expect(rows[1].value == "9.8.7" && rows.allSatisfy { !$0.value.isEmpty })
    }
}
