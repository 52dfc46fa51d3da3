import Foundation

/// What runs that are made side by side share: where they are, and whether they are to stop.
final class BudgetProgress {
    private let allRuns: Int
    private let onProgress: (BudgetProtocol.Progress) -> Void
    private let cancellation: Cancellation
    private let lock = NSLock()
    private var doneRuns = 0
    private var firstFailure: (any Error)?

    init(allRuns: Int, cancellation: Cancellation, onProgress: @escaping (BudgetProtocol.Progress) -> Void) {
        (self.allRuns, self.cancellation, self.onProgress) = (allRuns, cancellation, onProgress)
    }

    /// True once somebody asked for it, or a run has failed.
    var isStopped: Bool { cancellation.isRequested || failure != nil }

    /// Of the run that failed first.
    var failure: (any Error)? { lock.withLock { firstFailure } }

    func fail(_ error: any Error) {
        lock.withLock { firstFailure = firstFailure ?? error }
    }

    func finishRun() {
        lock.withLock { doneRuns += 1 }
    }

    /// Trains to the end, and shows every few steps where it is.
    ///
    /// - Returns: false if it was stopped; its folder then holds what it goes on from.
    /// - Throws: as `Trainer.run`.
    func follow(_ trainer: Trainer, task: String, method: String, purpose: String) throws -> Bool {
        while !trainer.isFinished {
            guard !isStopped else {
                try trainer.save()
                return false
            }
            lock.withLock {
                onProgress(
                    BudgetProtocol.Progress(
                        task: task, method: method, purpose: purpose, step: trainer.step,
                        steps: trainer.settings.steps, doneRuns: doneRuns, allRuns: allRuns))
            }
            guard try trainer.run(until: trainer.step + 50, cancellation: cancellation) else { return false }
        }
        return true
    }
}
