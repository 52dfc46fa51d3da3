import Foundation

/// Writes the progress of runs for people: on a terminal one line that is drawn again and again, elsewhere plain lines.
public final class ProgressReporter: TrainingObserver {
    private let isTerminal: Bool
    private let write: (String) -> Void
    private let clock = ContinuousClock()
    private var rate: StepRate?
    private var lastDrawn: ContinuousClock.Instant?
    private var latest: Evaluation?
    private var hasOpenLine = false

    /// Least seconds between two drawings.
    private var pause: Double { isTerminal ? 0.2 : 5 }

    /// - Parameters:
    ///   - isTerminal: whether lines may be overwritten.
    ///   - write: receives text with its own line ends.
    public init(isTerminal: Bool, write: @escaping (String) -> Void) {
        self.isTerminal = isTerminal
        self.write = write
    }

    public func observe(_ event: TrainingEvent, of settings: TrainingSettings) {
        switch event {
        case .started(let step):
            rate = StepRate(firstStep: step)
            latest = nil
            if step > 0 { line("\(name(settings)): goes on at step \(grouped: step)") }
        case .stepped(let step, _):
            rate?.update(step)
            if isTerminal, isDue { draw(status(settings, step: step)) }
        case .evaluated(let evaluation):
            latest = evaluation
            if isDue { draw(status(settings, step: evaluation.step)) }
        case .nowcastRefused(let step, let horizon, let parameter):
            line("\(name(settings)): the nowcast at step \(step) (k = \(horizon)) was not finite in \(parameter) and was dropped")
        case .finished(let result):
            line(outcome(result))
        case .nowcast, .saved: break
        }
    }

    /// The line of one turn of a comparison: every run's latest value side by side.
    public func observe(_ turn: Comparison.Turn) {
        let isLast = turn.results.allSatisfy { $0.stepsToTarget != nil || $0.steps >= $0.budget || $0.divergedAtStep != nil }
        guard isDue || isLast else { return }
        let columns = turn.results.map { result in
            "\(result.nowcaster) \(Self.state(of: result))"
        }
        let step = turn.results.map(\.steps).max() ?? 0
        draw("seed \(turn.seed), step \(grouped: step): " + columns.joined(separator: " | "))
        if isLast { endLine() }
    }

    /// Ends a line that is being drawn, so that other text starts on its own.
    public func endLine() {
        if hasOpenLine { write("\n") }
        hasOpenLine = false
    }

    /// How a run ended, in one line.
    public func outcome(_ result: RunResult) -> String {
        let start = "\(result.task) with \(result.nowcaster), seed \(result.seed): "
        let time = "\(result.seconds, decimals: 1) s, \(Double(result.steps) / max(result.seconds, 1e-9), decimals: 1) steps/s"
        if let steps = result.stepsToTarget {
            return start + "reached \(result.metric.text(result.target)) after \(grouped: steps) steps (\(time))"
        }
        let best = result.best.map { ", best \(result.metric.text($0))" } ?? ""
        return start + "did not reach \(result.metric.text(result.target)) in \(grouped: result.steps) steps\(best) (\(time))"
    }

    private static func state(of result: RunResult) -> String {
        if let step = result.divergedAtStep { return "diverged at \(grouped: step)" }
        if let step = result.stepsToTarget { return "done at \(grouped: step)" }
        return result.evaluations.last.flatMap(result.metric.value).map(result.metric.text) ?? "–"
    }

    private func name(_ settings: TrainingSettings) -> String {
        "\(settings.task) with \(settings.nowcaster)"
    }

    private func status(_ settings: TrainingSettings, step: Int) -> String {
        var parts = ["\(name(settings)): step \(grouped: step) of \(grouped: settings.steps)"]
        if let latest, let value = settings.metric.value(of: latest) {
            parts.append("\(settings.metric.title) \(settings.metric.text(value))")
        }
        if let rate = rate?.stepsPerSecond {
            let left = Double(settings.steps - step) / rate
            parts.append("\(rate, decimals: 1) steps/s")
            parts.append("at most \(Self.duration(left)) left")
        }
        return parts.joined(separator: ", ")
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(), 1e9))
        let minutes = whole / 60 % 60
        let text = String(format: "%02d", whole % 60)
        return whole >= 3600 ? String(format: "%d:%02d:", whole / 3600, minutes) + text : "\(minutes):\(text)"
    }

    private var isDue: Bool {
        lastDrawn.map { (clock.now - $0) / .seconds(1) >= pause } ?? true
    }

    private func draw(_ text: String) {
        lastDrawn = clock.now
        // Back to the first column, and clear what the longer line before it left.
        write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
        hasOpenLine = isTerminal
    }

    private func line(_ text: String) {
        write(isTerminal && hasOpenLine ? "\r\u{1B}[K\(text)\n" : "\(text)\n")
        hasOpenLine = false
    }
}

/// Steps a second over about the last ten seconds.
private struct StepRate {
    private let clock = ContinuousClock()
    private var marks: [(time: ContinuousClock.Instant, step: Int)]

    init(firstStep: Int) {
        marks = [(clock.now, firstStep)]
    }

    mutating func update(_ step: Int) {
        let now = clock.now
        guard let last = marks.last, (now - last.time) >= .milliseconds(500) else { return }
        marks.append((now, step))
        if marks.count > 20 { marks.removeFirst() }
    }

    /// Nil until half a second has passed.
    var stepsPerSecond: Double? {
        guard let first = marks.first, let last = marks.last, last.step > first.step else { return nil }
        return Double(last.step - first.step) / ((last.time - first.time) / .seconds(1))
    }
}
