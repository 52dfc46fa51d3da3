import Foundation
import Nowcasting
import Presentation

/// What came of a merge: how far base, models and result are from each other, and what they come to.
struct MergeReport {
    let out: String
    let method: String
    let parameters: Int
    /// Base, models, result.
    let names: [String]
    let distances: StateDistances
    /// Of each; nil without a task.
    let scores: [(loss: Double, accuracy: Double?)]?

    struct Content: Encodable {
        let out, method: String
        let parameters: Int
        let models: [Row]

        struct Row: Encodable {
            let name: String
            /// ‖w − base‖.
            let change: Double
            /// Of the change with that of the result.
            let cosine: Double?
            let loss, accuracy: Double?
        }
    }

    var content: Content {
        Content(
            out: out, method: method, parameters: parameters,
            models: names.indices.map { index in
                Content.Row(
                    name: names[index], change: distances.length(of: index),
                    cosine: distances.cosine(index, names.count - 1), loss: scores?[index].loss,
                    accuracy: scores?[index].accuracy)
            })
    }

    /// Column titles and rows of cells.
    private var table: (titles: [String], rows: [[String]]) {
        let hasAccuracy = scores?.allSatisfy { $0.accuracy != nil } == true
        let titles =
            ["change from base", "cosine with merged"] + (scores == nil ? [] : ["loss"])
            + (hasAccuracy ? ["accuracy"] : [])
        return (
            titles,
            content.models.map { row in
                let cosine = row.cosine.map { "\($0, decimals: 3)" } ?? "–"
                return ["\(row.change, decimals: 4)", cosine] + (row.loss.map { ["\($0, decimals: 4)"] } ?? [])
                    + (hasAccuracy ? ["\((row.accuracy ?? 0) * 100, decimals: 2) %"] : [])
            }
        )
    }

    func lines(width: Int?) -> [String] {
        let (titles, rows) = table
        var text = TextTable([.init("")] + titles.map { .init($0, isNumber: true) })
        text.rows = zip(names, rows).map { [$0] + $1 }
        return ["\(out): \(grouped: parameters) parameters, \(method)"] + text.lines(width: width)
    }

    func html(facts: [(name: String, value: String)]) -> String {
        let (titles, rows) = table
        let title = "Merge of \(names.count - 2) models: \(method)"
        let head = element("tr", [:], ([""] + titles).map { element("th", ["scope": "col"], $0) }.joined())
        let body = zip(names, rows).map { name, cells in
            let first = element("th", ["scope": "row"], escaped(name))
            return element("tr", [:], first + cells.map { element("td", [:], escaped($0)) }.joined())
        }
        let markup = element("thead", [:], head) + element("tbody", [:], body.joined(separator: "\n"))
        let plot = ScatterPlot(
            title: "Where the networks lie: the plane that shows most of their distances",
            points: zip(names, distances.plane).map { .init(label: $0, x: $1.x, y: $1.y) })
        let content = [
            element("h1", [:], escaped(title)), element("h2", [:], escaped(plot.title)),
            element(
                "figure", [:],
                scrolling(plot.svg, label: plot.title, isChart: true) + element("figcaption", [:], escaped(shown))),
            element("h2", [:], "Every network"),
            scrolling(element("table", [:], markup), label: "Every network"),
            element("h2", [:], "Settings"), settingsTable([("result", out)] + facts),
        ]
        return Page(title: title, content: content.joined(separator: "\n")).html
    }

    private var shown: String {
        "Both axes in units of weights; \(distances.shareInPlane * 100, decimals: 0) % of the squared distances lie in "
            + "this plane."
    }
}
