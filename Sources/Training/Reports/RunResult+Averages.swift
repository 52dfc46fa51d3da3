extension RunResult {
    /// What the averages of the run's weights came to, as a run each: of no steps of its own, over where its run is.
    var averaged: [RunResult] {
        let names = evaluations.flatMap { ($0.averages ?? [:]).keys }.distinct().sorted()
        return names.map { name in
            var result = self
            result.nowcaster = Self.averageLabel(of: nowcaster, name)
            result.evaluations = evaluations.compactMap { evaluation in
                guard let score = evaluation.averages?[name] else { return nil }
                var found = evaluation
                (found.testLoss, found.accuracy) = (score.testLoss, score.accuracy)
                (found.perplexity, found.horizon, found.averages) = (nil, nil, nil)
                return found
            }
            let values = result.evaluations.compactMap { evaluation in
                metric.value(of: evaluation).map { (step: evaluation.step, value: $0) }
            }
            result.stepsToTarget = values.first { metric.reaches(target, with: $0.value) }?.step
            result.best = values.dropFirst().reduce(values.first?.value) { metric.better($0!, $1.value) }
            (result.nowcastSteps, result.jumpSteps) = ([], [])
            return result
        }
    }

    private static func averageLabel(of nowcaster: String, _ name: String) -> String {
        "\(nowcaster), \((try? AverageKind(named: name))?.title ?? name)"
    }

    /// Runs with the averages of those that a report compares nowcasters with: of the base optimizer alone, or of all
    /// if it is not there. A nowcaster's own run ends at its target, mostly before its averages get there.
    public static func withAverages(_ results: [RunResult]) -> [RunResult] {
        let alone = results.filter { $0.nowcaster == baseline }
        let sources = alone.isEmpty ? results : alone
        return results + sources.flatMap(\.averaged)
    }
}
