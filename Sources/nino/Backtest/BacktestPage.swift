import Foundation
import Nowcasting
import Presentation

/// A backtest as one self-contained HTML page.
struct BacktestPage {
    let result: BacktestResult
    /// Where the numbers come from.
    let facts: [(name: String, value: String)]

    var html: String {
        let title = "Backtest: \(Self.verdict(result.advice))"
        let plots = [error, cosine] + (loss.map { [$0] } ?? [])
        let content =
            [element("h1", [:], escaped(title)), element("p", [:], escaped(result.advice.sentence)), movement]
            + plots.map {
                element("h2", [:], escaped($0.title))
                    + element("figure", [:], scrolling($0.svg, label: $0.title, isChart: true))
            }
            + [element("h2", [:], "Every method and horizon"), table, explanation]
            + [element("h2", [:], "Settings"), settingsTable(settings + facts), downloads([data])]
        return Page(title: title, content: content.joined(separator: "\n")).html
    }

    private static func verdict(_ advice: BacktestAdvice) -> String {
        switch advice.action {
        case .ahead: "look ahead"
        case .average: "average"
        case .leave: "leave it"
        }
    }

    private var movement: String {
        guard let movement = result.movement else { return "" }
        let text =
            "From one state to the next the squared distance is \(movement.noise * 100, decimals: 0) % noise, which a "
            + "mean takes out, \(movement.walk * 100, decimals: 0) % random walk, which stays and has no direction, "
            + "and \(movement.drift * 100, decimals: 0) % drift, which a forecast can follow."
        return element("p", [:], escaped(text))
    }

    private var error: LinePlot {
        LinePlot(
            title: "Relative error of the forecast by states ahead (dashed: leaving the newest state as it is)",
            lines: lines(\.relativeError), reference: 1, unit: "states ahead")
    }

    private var cosine: LinePlot {
        LinePlot(
            title: "Cosine of predicted and true change by states ahead", lines: lines(\.cosine), unit: "states ahead")
    }

    private var loss: LinePlot? {
        let lines = lines(\.gain)
        guard lines.contains(where: { !$0.points.isEmpty }) else { return nil }
        return LinePlot(
            title: "What a forecast takes off the loss of the newest state, by states ahead (dashed: nothing)",
            lines: lines, reference: 0, unit: "states ahead")
    }

    private func lines(_ value: (BacktestResult.Score) -> Double?) -> [LinePlot.Line] {
        var methods: [String] = []
        for score in result.scores where !methods.contains(score.method) { methods.append(score.method) }
        return methods.map { method in
            let points = result.scores.filter { $0.method == method }.compactMap { score in
                value(score).map { LinePlot.Point(step: Double(score.horizon), value: $0) }
            }
            return LinePlot.Line(label: method, points: points)
        }
    }

    private var table: String {
        let titles = ["method", "states ahead", "forecasts", "relative error", "cosine", "worth", "loss", "gain"]
        let head = element("tr", [:], titles.map { element("th", ["scope": "col"], $0) }.joined())
        let rows = result.scores.map { score in
            let cells = [
                "\(score.horizon)", "\(score.forecasts)", text(score.relativeError, 4), text(score.cosine, 4),
                text(score.worth, 2), text(score.loss, 5), text(score.gain, 5),
            ]
            let name = element("th", ["scope": "row"], escaped(score.method))
            return element("tr", [:], name + cells.map { element("td", [:], escaped($0)) }.joined())
        }
        let markup = element("thead", [:], head) + element("tbody", [:], rows.joined(separator: "\n"))
        return scrolling(element("table", [:], markup), label: "Every method and horizon")
    }

    private var explanation: String {
        element(
            "p", ["class": "quiet"],
            "Relative error: distance of the forecast from the state that came, over the distance of the newest state "
                + "from it. Worth: states of training that come as near. Gain: loss of the newest state less that of "
                + "the forecast. Sums and means over all states that a forecast can start from.")
    }

    private func text(_ value: Double?, _ decimals: Int) -> String {
        value.map { "\($0, decimals: decimals)" } ?? "–"
    }

    private var settings: [(name: String, value: String)] {
        let steps = result.steps.map(String.init).joined(separator: ", ")
        return [("steps of the states", steps), ("parameters", "\(grouped: result.parameters)")]
    }

    private var data: String {
        download("backtest (JSON)", file: "backtest.json", type: "application/json", bytes: result.json.utf8)
    }
}
