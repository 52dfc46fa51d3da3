import Glibc
import Synchronization
import Tensors

/// What a sanitizer must find, or its silence about the rest says nothing.
public enum PlantedFault: String, CaseIterable {
    /// Reads behind the end of memory.
    case overflow
    /// Threads of a parallel loop write one number.
    case race
    /// The same under a lock: right, and must not be found.
    case lock

    /// - Returns: a number that depends on it, so that no compiler leaves it out.
    public func commit() -> Int {
        switch self {
        case .overflow:
            let count = CommandLine.arguments.count
            let numbers = UnsafeMutablePointer<Int>.allocate(capacity: count)
            defer { numbers.deallocate() }
            numbers.initialize(repeating: 1, count: count)
            return numbers[count]
        case .race:
            return inParallel { index in Self.unguarded.pointee += index } + Self.unguarded.pointee
        case .lock:
            return inParallel { index in Self.sum.withLock { $0 += index } } + Self.sum.withLock { $0 }
        }
    }

    private static let sum = Mutex(0)
    nonisolated(unsafe) private static let unguarded: UnsafeMutablePointer<Int> = {
        let place = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        place.initialize(to: 0)
        return place
    }()
    private static let arrived = Atomic<Int>(0)

    /// Runs `body` on two threads at the same time, each for many turns.
    private func inParallel(_ body: @Sendable (Int) -> Void) -> Int {
        Parallel.forEachWithWorker(2, workers: 2) { index, _ in
            // Neither begins before the other is there, however busy the machine; relaxed, so that it orders nothing.
            Self.arrived.add(1, ordering: .relaxed)
            for _ in 0..<10_000 where Self.arrived.load(ordering: .relaxed) < 2 { usleep(1000) }
            for turn in 0..<100_000 { body(turn + index) }
        }
        return 0
    }
}
