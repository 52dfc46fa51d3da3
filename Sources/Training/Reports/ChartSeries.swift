/// The runs of one nowcaster as the chart draws them.
struct ChartSeries {
    struct Point: Equatable {
        let step: Double
        let value: Double
    }

    let label: String
    /// Position in the legend; decides colour and marker.
    let index: Int
    let runs: [RunResult]

    /// Evaluations over which the thick line is smoothed.
    static let smoothing = 5

    /// One line a run, as measured.
    func lines() -> [[Point]] {
        runs.map { run in
            run.evaluations.compactMap { evaluation in
                run.metric.value(of: evaluation).map { Point(step: Double(evaluation.step), value: $0) }
            }
        }
    }

    /// Mean over the runs at the steps that all of them evaluated, then a moving mean over `smoothing` evaluations
    /// (fewer at both ends). It stops where the first run stops: a mean over the runs that are left would jump.
    func meanLine() -> [Point] {
        let lines = lines()
        guard let first = lines.first else { return [] }
        let others = lines.dropFirst().map { line in
            Dictionary(line.map { ($0.step, $0.value) }, uniquingKeysWith: { a, _ in a })
        }
        let means: [Point] = first.compactMap { point in
            let values = others.compactMap { $0[point.step] }
            guard values.count == others.count else { return nil }
            return Point(step: point.step, value: (values.reduce(0, +) + point.value) / Double(values.count + 1))
        }
        return means.indices.map { center in
            let reach = min(Self.smoothing / 2, center, means.count - 1 - center)
            let window = means[(center - reach)...(center + reach)]
            return Point(step: means[center].step, value: window.map(\.value).reduce(0, +) / Double(window.count))
        }
    }

    /// Steps at which any run was nowcast.
    var nowcastSteps: [Int] {
        runs.flatMap(\.nowcastSteps).distinct().sorted()
    }

    /// Mean steps to the target when every run reached it.
    var meanStepsToTarget: Double? {
        let steps = runs.compactMap(\.stepsToTarget)
        guard !steps.isEmpty, steps.count == runs.count else { return nil }
        return Double(steps.reduce(0, +)) / Double(steps.count)
    }

    /// One series a nowcaster, in the order of first appearance.
    static func series(of results: [RunResult]) -> [ChartSeries] {
        results.map(\.nowcaster).distinct().enumerated().map { index, label in
            ChartSeries(label: label, index: index, runs: results.filter { $0.nowcaster == label })
        }
    }
}
