import Presentation

/// The runs of one nowcaster as the chart draws them.
struct ChartSeries {
    typealias Point = LinePlot.Point

    let label: String
    /// Position in the legend; decides colour and marker.
    let index: Int
    let runs: [RunResult]

    /// Evaluations whose median makes a point of the thick line; odd.
    static let smoothing = 5

    /// One line a run, as measured.
    func lines() -> [[Point]] {
        runs.map { run in
            run.evaluations.compactMap { evaluation in
                run.metric.value(of: evaluation).map { Point(step: Double(evaluation.step), value: $0) }
            }
        }
    }

    /// Each run smoothed, then the mean over the runs at the steps that all of them evaluated. It stops where the first
    /// run stops: a mean over the runs that are left would jump.
    func meanLine() -> [Point] {
        let lines = zip(runs, lines()).map { run, line in Self.found(run, in: line) ?? Self.smoothed(line) }
        guard let first = lines.first else { return [] }
        let others = lines.dropFirst().map { line in
            Dictionary(line.map { ($0.step, $0.value) }, uniquingKeysWith: { a, _ in a })
        }
        return first.compactMap { point in
            let values = others.compactMap { $0[point.step] }
            guard values.count == others.count else { return nil }
            return Point(step: point.step, value: (values.reduce(0, +) + point.value) / Double(values.count + 1))
        }
    }

    /// What a run has to show from its first search on, which needs no smoothing; nil for a run without.
    private static func found(_ run: RunResult, in line: [Point]) -> [Point]? {
        let steps = Set(run.evaluations.filter { $0.horizon != nil }.map { Double($0.step) })
        return steps.isEmpty ? nil : line.filter { steps.contains($0.step) }
    }

    /// The median over `smoothing` evaluations around each (fewer at both ends): noise goes, and so does the dip at a
    /// nowcast, which a mean would spread over its neighbours.
    private static func smoothed(_ line: [Point]) -> [Point] {
        line.indices.map { center in
            let reach = min(smoothing / 2, center, line.count - 1 - center)
            let window = line[(center - reach)...(center + reach)].map(\.value).sorted()
            return Point(step: line[center].step, value: window[window.count / 2])
        }
    }

    /// Steps at which a nowcast took the place of any run's weights.
    var jumpSteps: [Int] {
        runs.flatMap(\.jumpSteps).distinct().sorted()
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
