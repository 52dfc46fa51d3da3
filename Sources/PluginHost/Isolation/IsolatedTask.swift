import Foundation

/// Work that runs a plugin's code and is therefore done in a child process.
///
/// The task goes to the child as JSON, and its records come back as JSON, one by one.
public protocol IsolatedTask: Codable, Sendable {
    associatedtype Record: Codable, Sendable
    /// Distinct among the tasks of this program.
    static var name: String { get }
    /// How many threads share the work in the child; 1 unless the task says otherwise.
    var threads: Int { get }
    /// Files it reads: the plugin, and what the user named. It can read them wherever they lie.
    var files: [String] { get }

    /// Does the work, in the child.
    /// - Parameter report: takes a result; all that were reported arrive, also when the plugin then misbehaves.
    func run(report: (Record) throws -> Void) throws
}

extension IsolatedTask {
    public var threads: Int { 1 }
}

/// What came of a task.
public struct IsolatedResult<Record: Sendable>: Sendable {
    public enum Failure: Sendable, Equatable {
        /// The task threw: its message, and the exit status that belongs to it.
        case thrown(message: String, status: Int32)
        case misbehaved(Misbehaviour)

        /// Whether the task was given up because it took too long.
        var isTimeout: Bool {
            if case .misbehaved(let misbehaviour) = self, case .tookTooLong = misbehaviour.fault { true } else { false }
        }
    }

    /// Everything the task reported before it ended.
    public let records: [Record]
    /// Nil if the task ended well.
    public let failure: Failure?
}

/// What the child is told on its standard input.
struct IsolationRequest: Codable {
    /// Begins every line of the answer. Made for this one child, so that a plugin that merely writes into every
    /// descriptor it finds is not taken for the host.
    let token: String
    let parent: Int32
    let limits: IsolationLimits
    let task: String
    let payload: Data
}
