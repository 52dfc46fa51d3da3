import CKernels
import Dispatch
import Synchronization

/// Work over tiles, shared by a process-wide number of threads.
///
/// Tiles are cut by the size of the problem alone, never by the number of threads, and each tile writes places of its
/// own; so results are bit-identical for any number of threads.
public enum Parallel {
    private static let threadCount = Atomic<Int>(max(1, Int(nino_processor_count())))

    /// How many threads work at the same time, the caller's included; at first the number of processors.
    public static var threads: Int {
        get { threadCount.load(ordering: .relaxed) }
        set {
            precondition(newValue >= 1, "expected at least 1 thread, found \(newValue)")
            threadCount.store(newValue, ordering: .relaxed)
        }
    }

    /// Calls `body` once for each index in `0 ..< count`, in any order, and returns when all are done.
    ///
    /// Inside a body a further `forEach` runs on the same thread.
    public static func forEach(_ count: Int, _ body: (_ index: Int) -> Void) {
        forEachWithWorker(count) { index, _ in body(index) }
    }

    /// As `forEach` on at most `workers` threads, and tells which worker (`0 ..< workers`) calls, so that each may have
    /// scratch of its own.
    public static func forEachWithWorker(
        _ count: Int, workers: Int = threads, _ body: (_ index: Int, _ worker: Int) -> Void
    ) {
        let workers = min(workers, count)
        guard workers > 1, nino_parallel_depth() == 0 else {
            for index in 0..<max(0, count) { body(index, 0) }
            return
        }
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            // Unchecked: a body writes the places of its tile alone.
            nonisolated(unsafe) let body = body
            onThreads(workers) { worker in
                nino_parallel_enter()
                defer { nino_parallel_leave() }
                while true {
                    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    body(index, worker)
                }
            }
        }
    }

    /// Calls `body` once for each worker, each on a thread of its own, the caller's among them.
    private static func onThreads(_ workers: Int, _ body: @Sendable (_ worker: Int) -> Void) {
        guard nino_is_forked() != 0 else {
            return DispatchQueue.concurrentPerform(iterations: workers, execute: body)
        }
        // Dispatch refuses to work in a child after fork.
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: Body(run: body)) { box in
                let context = UnsafeMutableRawPointer(mutating: box)
                nino_run_on_threads(Int32(workers), { $0!.load(as: Body.self).run(Int($1)) }, context)
            }
        }
    }

    private struct Body {
        let run: @Sendable (Int) -> Void
    }

    /// Cuts `0 ..< count` into ranges of `tile` elements (the last may be shorter) and calls `body` once for each.
    public static func forEachRange(_ count: Int, tile: Int, _ body: (Range<Int>) -> Void) {
        forEach((count + tile - 1) / tile) { index in
            body((index * tile)..<min(count, (index + 1) * tile))
        }
    }
}
