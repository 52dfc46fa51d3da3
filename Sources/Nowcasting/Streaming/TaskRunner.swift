import Synchronization
import Tensors

/// Runs tasks on all threads, each with memory of its own.
final class TaskRunner: Sendable {
    /// Unchecked: a scratch is in one task's hands at a time.
    private struct Idle: @unchecked Sendable {
        var scratches: [TileScratch] = []
    }

    private let idle = Mutex(Idle())

    /// Calls `body` for each task, in any order, and returns when all are done.
    func forEach<Task>(_ tasks: [Task], _ body: (Task, TileScratch) -> Void) {
        Parallel.forEach(tasks.count) { index in
            let scratch = Idle(scratches: [idle.withLock { $0.scratches.popLast() } ?? TileScratch()])
            body(tasks[index], scratch.scratches[0])
            idle.withLock { $0.scratches.append(scratch.scratches[0]) }
        }
    }
}
