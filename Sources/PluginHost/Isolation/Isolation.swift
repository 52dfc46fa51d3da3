import Dispatch
import Foundation
import Synchronization

/// Runs tasks in child processes of this program, so that whatever a plugin does stays there.
public struct Isolation: Sendable {
    /// What a child of ours finds as its only argument.
    public static let argument = "--isolated"

    public let limits: IsolationLimits
    private let program: String

    /// - Parameter program: `nino`, which begins with `IsolatedChild.main` when it is given `argument`; by default this process's own.
    public init(limits: IsolationLimits, program: String = "/proc/self/exe") {
        self.limits = limits
        self.program = program
    }

    /// Runs one task in a child of its own.
    /// - Throws: `isolationFailed` if no child can be started.
    public func run<Task: IsolatedTask>(_ task: Task) throws(PluginHostError) -> IsolatedResult<Task.Record> {
        let token = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
        do {
            let request = IsolationRequest(token: token, parent: getpid(), limits: limits, task: Task.name, payload: try JSONEncoder().encode(task))
            let child = try ChildProcess(
                program, ["nino", Self.argument], environment: environment, input: Array(JSONEncoder().encode(request)), limits: limits)
            return IsolatedAnswer(child, token: token).result(limits)
        } catch {
            throw .isolationFailed(reason: "\(error)")
        }
    }

    /// Runs a task for each element, several at a time, and returns the results in order.
    public func run<Element: Sendable, Task: IsolatedTask>(
        forEach elements: [Element], _ task: @Sendable (Element) -> Task
    ) throws(PluginHostError) -> [IsolatedResult<Task.Record>] {
        // Each child is started by the thread that then waits for it, as `ChildProcess` asks.
        let results = Mutex<[Result<IsolatedResult<Task.Record>, PluginHostError>?]>(Array(repeating: nil, count: elements.count))
        DispatchQueue.concurrentPerform(iterations: elements.count) { index in
            let result = Result { () throws(PluginHostError) in try run(task(elements[index])) }
            results.withLock { $0[index] = result }
        }
        var ordered: [IsolatedResult<Task.Record>] = []
        for result in results.withLock({ $0 }) { ordered.append(try result!.get()) }
        return ordered
    }

    private var environment: [String] {
        var variables = ProcessInfo.processInfo.environment
        // The buffers of OpenBLAS's threads would count against the memory limit, and a crash is to be reported by us alone.
        variables["OPENBLAS_NUM_THREADS"] = "1"
        variables["SWIFT_BACKTRACE"] = "enable=no"
        return variables.map { "\($0)=\($1)" }
    }
}
