import Nowcasting
import Presentation

/// A backtest in lines for people.
struct BacktestText {
    let result: BacktestResult

    func lines(width: Int?) -> [String] {
        [heading] + movement + [""] + table.lines(width: width) + ["", result.advice.sentence]
    }

    private var heading: String {
        "\(result.steps.count) states, steps \(result.steps[0]) to \(result.steps[result.steps.count - 1]), "
            + "\(grouped: result.parameters) parameters"
    }

    private var movement: [String] {
        guard let movement = result.movement else { return [] }
        let shares = [("noise", movement.noise), ("random walk", movement.walk), ("drift", movement.drift)]
        let list = shares.map { "\($1 * 100, decimals: 0) % \($0)" }.joined(separator: ", ")
        return ["from one state to the next: \(list)"]
    }

    private var table: TextTable {
        let scores = result.scores
        let isJudged = scores.contains { $0.gain != nil }
        var table = TextTable(
            [.init("method"), .init("ahead", isNumber: true), .init("error", isNumber: true)]
                + [.init("cosine", isNumber: true), .init("worth", isNumber: true)]
                + (isJudged ? [.init("loss", isNumber: true), .init("gain", isNumber: true)] : []))
        table.rows = scores.map { score in
            let name = result.averages.contains(score.method) ? "" : "\(score.horizon)"
            let row = [
                score.method, name.isEmpty ? "(\(score.horizon))" : name, Self.text(score.relativeError, 3),
                Self.text(score.cosine, 3), Self.text(score.worth, 1),
            ]
            return row + (isJudged ? [Self.text(score.loss, 4), Self.text(score.gain, 4)] : [])
        }
        return table
    }

    private static func text(_ value: Double?, _ decimals: Int) -> String {
        value.map { "\($0, decimals: decimals)" } ?? "–"
    }
}
