import Synchronization

/// A request to stop, checked before every step. Setting it is safe from any thread and inside a signal handler.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    public var isRequested: Bool {
        flag.load(ordering: .relaxed)
    }

    public func request() {
        flag.store(true, ordering: .relaxed)
    }
}
