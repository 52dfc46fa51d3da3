/// Evaluations as rows of `metrics.csv`. A cell is empty where an evaluation has no such number.
enum MetricsTable {
    static func header(_ averages: [AverageKind]) -> String {
        let own = [
            "step", "loss", "test_loss", "perplexity", "accuracy", "seconds", "nowcasts", "horizon", "search_passes",
        ]
        let others = averages.flatMap { ["\($0.name) test_loss", "\($0.name) accuracy"] }
        return (own + others).joined(separator: ",") + "\n"
    }

    static func row(_ evaluation: Evaluation, _ averages: [AverageKind]) -> String {
        func text(_ value: (some Any)?) -> String { value.map { "\($0)" } ?? "" }
        let own = [
            "\(evaluation.step)", text(evaluation.loss), "\(evaluation.testLoss)", text(evaluation.perplexity),
            text(evaluation.accuracy), "\(evaluation.seconds)", "\(evaluation.nowcasts)", text(evaluation.horizon),
            text(evaluation.searchPasses),
        ]
        let others = averages.flatMap { kind in
            let score = evaluation.averages?[kind.name]
            return [text(score?.testLoss), text(score?.accuracy)]
        }
        return (own + others).joined(separator: ",") + "\n"
    }
}
