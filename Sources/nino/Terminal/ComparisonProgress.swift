import Training

/// Progress of a comparison: the runs of a seed side by side.
final class ComparisonProgress {
    private let settings: TrainingSettings
    private let status: StatusLine
    private let clock = ContinuousClock()
    private var started: ContinuousClock.Instant?
    /// Steps of each seed at its first turn of this session and at its last: earlier sessions say nothing of the rate.
    private var steps: [UInt64: (first: Int, last: Int)] = [:]

    init(_ settings: TrainingSettings, isShown: Bool) {
        self.settings = settings
        status = StatusLine(isShown: isShown)
    }

    func show(_ turn: Comparison.Turn) {
        let left = timeLeft(turn, clock.now)
        let isLast = turn.results.allSatisfy {
            $0.stepsToTarget != nil || $0.steps >= settings.steps || $0.divergedAtStep != nil
        }
        status.update(isLast: isLast) {
            let step = turn.results.map(\.steps).max() ?? 0
            let seed = turn.seedCount > 1 ? ["seed \(turn.seed) (\(turn.finishedSeeds + 1)/\(turn.seedCount))"] : []
            let runs = turn.results.map { "\(Self.shortened($0.nowcaster)) \(state(of: $0))" }
            return ["step \(step)/\(settings.steps)", left] + runs + seed
        }
    }

    func end() { status.end() }

    private func state(of run: RunResult) -> String {
        if let step = run.divergedAtStep { return "diverged at \(step)" }
        if let steps = run.stepsToTarget { return "reached at \(steps)" }
        return run.evaluations.last.flatMap(settings.metric.value).map(settings.metric.text) ?? "–"
    }

    /// At most: every run that is not done is taken to need its whole budget.
    private func timeLeft(_ turn: Comparison.Turn, _ now: ContinuousClock.Instant) -> String {
        let total = turn.results.reduce(0) { $0 + $1.steps }
        steps[turn.seed] = (steps[turn.seed]?.first ?? total, total)
        guard let started else {
            started = now
            return "time left not known yet"
        }
        let done = steps.values.reduce(0) { $0 + $1.last - $1.first }
        let open = turn.results.reduce(0) {
            $0 + ($1.stepsToTarget == nil && $1.divergedAtStep == nil ? settings.steps - $1.steps : 0)
        }
        let left = open + (turn.seedCount - turn.finishedSeeds - 1) * turn.results.count * settings.steps
        let rate = Double(max(done, 1)) / max((now - started) / .seconds(1), 1e-9)
        return "at most \(StatusLine.duration(Double(left) / rate)) left"
    }

    /// The file name alone of a path.
    private static func shortened(_ label: String) -> String {
        label.split(separator: "/").last.map(String.init) ?? label
    }
}
