import Foundation
import Training

/// Progress of one training run.
final class RunProgress: TrainingObserver {
    private let status = StatusLine()
    private let clock = ContinuousClock()
    private var started: (instant: ContinuousClock.Instant, step: Int)?
    private var lastEvaluation: Evaluation?
    private var best: Double?

    func observe(_ event: TrainingEvent, of settings: TrainingSettings) {
        switch event {
        case .started(let step): started = (clock.now, step)
        case .stepped(let step, let loss): status.update { parts(step: step, loss: loss, settings) }
        case .nowcast(let step, let horizon): status.line("step \(step): nowcast \(horizon) states ahead")
        case .nowcastRefused(let step, let horizon, let parameter):
            status.line(
                "step \(step): nowcast \(horizon) states ahead refused: \(parameter) would hold NaN or infinity; "
                    + "training goes on"
            )
        case .evaluated(let evaluation):
            lastEvaluation = evaluation
            if let value = settings.metric.value(of: evaluation) {
                best = best.map { settings.metric.better($0, value) } ?? value
            }
        case .saved(let step, let folder): status.line("step \(step): saved to \(folder)")
        case .finished: status.end()
        }
    }

    private func parts(step: Int, loss: Float?, _ settings: TrainingSettings) -> [String] {
        var parts = ["step \(step)/\(settings.steps)"]
        if let loss { parts.append("loss \(String(format: "%.4f", loss))") }
        if let value = lastEvaluation.flatMap(settings.metric.value) {
            parts.append("\(settings.metric.title) \(settings.metric.text(value))")
        }
        let rate = started.map { Double(step - $0.step) / max((clock.now - $0.instant) / .seconds(1), 1e-9) } ?? 0
        if rate > 0 {
            parts.append("at most \(StatusLine.duration(Double(settings.steps - step) / rate)) left")
        }
        if let best { parts.append("best \(settings.metric.text(best))") }
        if rate > 0 { parts.append(String(format: "%.0f steps/s", rate)) }
        if let perplexity = lastEvaluation?.perplexity {
            parts.append("perplexity \(String(format: "%.3f", perplexity))")
        }
        return parts
    }
}
