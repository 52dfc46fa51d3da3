import Synchronization
import Tensors

/// Runs tasks on all threads, each with memory of its own.
final class TaskRunner: Sendable {
    /// Unchecked: a scratch is in one task's hands at a time.
    private struct Idle: @unchecked Sendable {
        var scratches: [TileScratch] = []
    }

    private let idle = Mutex(Idle())

    /// Calls `body` for each task, in any order, and returns when all are done; after an error none begins.
    ///
    /// - Throws: the first error.
    func forEach<Task>(_ tasks: [Task], _ body: (Task, TileScratch) throws -> Void) throws {
        let failure = Mutex<(any Error)?>(nil)
        Parallel.forEach(tasks.count) { index in
            guard failure.withLock({ $0 == nil }) else { return }
            let scratch = Idle(scratches: [idle.withLock { $0.scratches.popLast() } ?? TileScratch()])
            do {
                try body(tasks[index], scratch.scratches[0])
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
            idle.withLock { $0.scratches.append(scratch.scratches[0]) }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
