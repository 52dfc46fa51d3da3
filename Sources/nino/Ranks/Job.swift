import Foundation
import Synchronization

/// The job that this process is a rank of.
enum Job {
    private nonisolated(unsafe) static var ranks: MPICommunicator?
    private static let cleanUp = Mutex<@Sendable () -> Void>({})

    /// What rank 0 does before the others are ended, on a thread of its own: takes away what is half written.
    static func beforeTheEnd(_ body: @escaping @Sendable () -> Void) { cleanUp.withLock { $0 = body } }

    /// Rank 0 listens to the others from now on.
    static func begin(_ ranks: MPICommunicator) {
        self.ranks = ranks
        guard ranks.rank == 0, ranks.size > 1 else { return }
        Thread.detachNewThread {
            while true {
                usleep(50_000)
                guard let told = ranks.told() else { continue }
                cleanUp.withLock { $0 }()
                Output.note("rank \(told.rank): \(told.text)")
                ranks.endAll(told.status)
            }
        }
    }

    /// Ends all ranks after an error on this one, which rank 0 says; does nothing where there are no others.
    static func fail(_ text: String, status: Int32) {
        guard let ranks, ranks.size > 1 else { return }
        if ranks.rank != 0 { ranks.tell(text, status: status) }
        Output.note(text)
        ranks.endAll(status)
    }

    static func finish() { ranks?.finish() }
}
