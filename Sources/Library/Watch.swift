import CNino
import Glibc
import Nowcasting
import Synchronization

/// Tells the caller, on its own thread, how far a nowcast is, and asks whether it shall go on.
///
/// The thread that calls the library takes part in all its work, so its turn comes soon.
final class Watch: NowcastObserver {
    private struct State {
        var total = 0
        var done = 0
        var lastCall = ContinuousClock.now
    }

    /// Unchecked: used on the thread it came from alone.
    private struct Callback: @unchecked Sendable {
        let function: @convention(c) (UnsafeMutableRawPointer?, Double) -> Int32
        let context: UnsafeMutableRawPointer?
        let thread = pthread_self()
    }

    private let callback: Callback
    private let state = Mutex(State())
    private let stopped = Atomic<Bool>(false)
    /// Of an edge in all passes of a network of three layers.
    private static let products =
        ([.messages(layer: 0), .messages(layer: 1), .messages(layer: 2), .readOut] as [NowcastPass])
        .reduce(0) { $0 + $1.products }
    private static let pause = Duration.milliseconds(100)

    /// Nil where there is nothing to call.
    init?(_ watch: UnsafePointer<nino_watch_t>?) {
        guard let watch = watch?.pointee, let function = watch.progress else { return nil }
        callback = Callback(function: function, context: watch.context)
    }

    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    func began(_ pass: NowcastPass, edges: Int) {
        state.withLock { if $0.total == 0 { $0.total = edges * Self.products } }
        report()
    }

    func finished(edges: Int, of pass: NowcastPass) {
        state.withLock { $0.done += edges * pass.products }
        report()
    }

    private func report() {
        guard pthread_equal(callback.thread, pthread_self()) != 0, !isStopped else { return }
        let fraction: Double? = state.withLock { state in
            guard ContinuousClock.now - state.lastCall >= Self.pause else { return nil }
            state.lastCall = .now
            return Double(state.done) / Double(max(1, state.total))
        }
        guard let fraction else { return }
        if callback.function(callback.context, min(1, fraction)) != 0 { stopped.store(true, ordering: .relaxed) }
    }
}
