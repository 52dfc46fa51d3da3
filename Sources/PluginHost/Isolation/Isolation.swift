import Foundation
import Tensors

/// Runs tasks in child processes of this program, so that whatever a plugin does stays there.
public struct Isolation: Sendable {
    /// What a child of ours finds as its only argument.
    public static let argument = "--isolated"

    public let limits: IsolationLimits
    /// Nil: the host's own.
    private let program: String?

    /// - Parameter program: `nino`, which begins with `IsolatedChild.main` when it is given `argument`; nil: the one of
    ///   this host.
    public init(limits: IsolationLimits, program: String? = nil) {
        self.limits = limits
        self.program = program
    }

    /// The same with seconds at most: every command waits for every plugin that may know its config.
    var withRecognitionLimit: Isolation {
        var limits = limits
        limits.seconds = min(limits.seconds, IsolationLimits.recognitionSeconds)
        return Isolation(limits: limits, program: program)
    }

    /// Runs one task in a child of its own.
    /// - Throws: `isolationFailed` if no child can be started.
    public func run<Task: IsolatedTask>(_ task: Task) throws(PluginHostError) -> IsolatedResult<Task.Record> {
        let answer = try answer(task)
        answer.messages.forEach(PluginLog.sink)
        return answer.result(limits)
    }

    private func answer(_ task: some IsolatedTask) throws(PluginHostError) -> IsolatedAnswer {
        let token = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
        do {
            let request = IsolationRequest(
                token: token, parent: getpid(), limits: limits, task: type(of: task).name,
                payload: try JSONEncoder.isolation.encode(task))
            let child = try ChildProcess(
                program ?? HostLocation.current.program.get(), ["nino", Self.argument], environment: environment,
                input: Array(JSONEncoder.isolation.encode(request)), limits: limits)
            return IsolatedAnswer(child, token: token)
        } catch let error as PluginHostError {
            throw error
        } catch {
            throw .isolationFailed(reason: "\(error)")
        }
    }

    /// Runs tasks, as many at a time as there are threads, and hands over the results in order, each as soon as it is
    /// its turn.
    /// - Throws: `isolationFailed`, and what `take` throws.
    public func run<Task: IsolatedTask>(
        _ tasks: [Task], then take: (_ index: Int, _ result: IsolatedResult<Task.Record>) throws -> Void
    ) throws {
        let lock = NSLock()
        var waiting: [Int: Result<IsolatedAnswer, any Error>] = [:]
        var (next, failure) = (0, nil as (any Error)?)
        // Each child is started by the thread that then waits for it, as `ChildProcess` asks.
        Parallel.forEach(tasks.count) { index in
            let result = Result { try answer(tasks[index]) }
            lock.lock()
            defer { lock.unlock() }
            waiting[index] = result
            while let result = waiting.removeValue(forKey: next) {
                do {
                    if failure == nil {
                        let answer = try result.get()
                        answer.messages.forEach(PluginLog.sink)
                        try take(next, answer.result(limits))
                    }
                } catch {
                    failure = error
                }
                next += 1
            }
        }
        if let failure { throw failure }
    }

    private var environment: [String] {
        var variables = ProcessInfo.processInfo.environment
        // OpenBLAS's own threads are never used, and a crash is to be reported by us alone.
        variables["OPENBLAS_NUM_THREADS"] = "1"
        variables["SWIFT_BACKTRACE"] = "enable=no"
        return variables.map { "\($0)=\($1)" }
    }
}

extension JSONEncoder {
    /// Infinite and undefined numbers are results too.
    static var isolation: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}

extension JSONDecoder {
    static var isolation: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}
