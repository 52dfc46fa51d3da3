import Foundation
import Training

/// Progress of a meta-training.
final class MetaProgress {
    private let settings: MetaTrainingSettings
    private let status: StatusLine
    private let clock = ContinuousClock()
    private var started: (instant: ContinuousClock.Instant, step: Int)?

    init(_ settings: MetaTrainingSettings, isShown: Bool) {
        self.settings = settings
        status = StatusLine(isShown: isShown, pause: 10)
    }

    func observe(_ event: MetaTrainer.Event) {
        switch event {
        case .stepped(let step, let loss): show(step, loss)
        case .skipped(let step): status.line("step \(step): loss or gradient not finite, skipped")
        case .returned(let step, let reductions):
            status.line("step \(step): back to the last good state, learning rate halved \(reductions) times")
        case .evaluated(let metrics):
            let loss = metrics.loss.map { String(format: ", loss %.5f", $0) } ?? ""
            let error =
                metrics.relativeError.map {
                    String(format: ", held out: relative error %.3f, cosine %.3f", $0, metrics.cosine ?? 0)
                } ?? ""
            status.line("step \(metrics.step)\(loss)\(error)")
        case .saved: break
        }
    }

    func end() { status.end() }

    private func show(_ step: Int, _ loss: Double) {
        guard let started else { return started = (clock.now, step) }
        status.update {
            let rate = Double(step - started.step) / max((clock.now - started.instant) / .seconds(1), 1e-9)
            let left = rate > 0 ? StatusLine.duration(Double(settings.steps - step) / rate) : "unknown time"
            let samples = rate * Double(settings.trajectories * settings.slices)
            return [
                "step \(step)/\(settings.steps)", "loss \(String(format: "%.5f", loss))", "\(left) left",
                "\(String(format: "%.1f", samples)) samples/s",
            ]
        }
    }
}
