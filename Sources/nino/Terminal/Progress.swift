import Foundation
import Training

/// Progress of a run: one line that is rewritten on a terminal, a line every few seconds elsewhere. Goes to standard
/// error.
final class Progress: TrainingObserver {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private var lastShown: ContinuousClock.Instant?
    private var started: (instant: ContinuousClock.Instant, step: Int)?
    private var lastEvaluation: Evaluation?
    private var best: Double?

    /// Seconds between two updates.
    private var pause: Double { isTerminal ? 0.2 : 5 }

    func observe(_ event: TrainingEvent, of settings: TrainingSettings) {
        switch event {
        case .started(let step): started = (clock.now, step)
        case .stepped(let step, let loss): show(step: step, loss: loss, settings)
        case .nowcast(let step, let horizon): line("step \(step): nowcast \(horizon) states ahead")
        case .nowcastRefused(let step, let horizon, let parameter):
            line(
                "step \(step): nowcast \(horizon) states ahead refused: \(parameter) would hold NaN or infinity; "
                    + "training goes on"
            )
        case .evaluated(let evaluation):
            lastEvaluation = evaluation
            if let value = settings.metric.value(of: evaluation) {
                best = best.map { settings.metric.better($0, value) } ?? value
            }
        case .saved(let step, let folder): line("step \(step): saved to \(folder)")
        case .finished: if isTerminal { write("\r\u{1B}[K") }
        }
    }

    private func show(step: Int, loss: Float?, _ settings: TrainingSettings) {
        let now = clock.now
        if let lastShown, (now - lastShown) / .seconds(1) < pause { return }
        lastShown = now
        var parts = ["step \(step)/\(settings.steps)"]
        if let loss { parts.append("loss \(String(format: "%.4f", loss))") }
        if let value = lastEvaluation.flatMap(settings.metric.value) {
            parts.append("\(settings.metric.title) \(settings.metric.text(value))")
        }
        if let perplexity = lastEvaluation?.perplexity {
            parts.append("perplexity \(String(format: "%.3f", perplexity))")
        }
        if let best { parts.append("best \(settings.metric.text(best))") }
        if let started, step > started.step {
            let rate = Double(step - started.step) / max((now - started.instant) / .seconds(1), 1e-9)
            parts.append(String(format: "%.0f steps/s", rate))
            parts.append("at most \(Self.duration(Double(settings.steps - step) / rate)) left")
        }
        let text = parts.joined(separator: ", ")
        isTerminal ? write("\r\u{1B}[K\(text)") : line(text)
    }

    private func line(_ text: String) {
        write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n")
    }

    private func write(_ text: String) {
        Output.remark(text)
    }

    /// As people say it: `45 s`, `3 min 20 s`, `1 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        let total = Int(seconds.rounded())
        if total < 60 { return "\(total) s" }
        if total < 3600 { return "\(total / 60) min \(total % 60) s" }
        return "\(total / 3600) h \(total % 3600 / 60) min"
    }
}
