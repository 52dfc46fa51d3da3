import Foundation
import Training

/// Progress of a collection, from any thread.
final class CollectionProgress: Sendable {
    private let started = ContinuousClock.now
    private let status: StatusLine

    init(isShown: Bool) {
        status = StatusLine(isShown: isShown, pause: 10)
    }

    func show(_ event: Collector.Event) {
        switch event {
        case .finished(let entry, let done, let total):
            status.line(
                "run \(done)/\(total): \(entry.run.fileName), \(entry.parameters) parameters, learning rate "
                    + "\(entry.run.learningRate): \(entry.outcome)"
            )
        case .checked(let done, let total):
            // Said only where it takes long.
            guard (ContinuousClock.now - started) / .seconds(1) > 5 else { return }
            status.update { ["models checked: \(done)/\(total)"] }
        case .stepped(let done, let total):
            guard done > 0 else { return }
            status.update {
                let rate = Double(done) / max((ContinuousClock.now - started) / .seconds(1), 1e-9)
                return [
                    "step \(done)/\(total)", "\(StatusLine.duration(Double(total - done) / rate)) left",
                    "\(String(format: "%.0f", rate)) steps/s",
                ]
            }
        }
    }

    func end() { status.end() }
}
