import CIsolation
import Glibc

/// A child process that is watched until it ends, and leaves nothing behind that runs.
///
/// posix_spawn and poll instead of swift-subprocess: that reports the end of a child only when its pipes have closed,
/// which a process the child left behind prevents, and it collects the child first, after which its process group can
/// no longer be killed safely.
public struct ChildProcess: Sendable {
    public enum Limit: Sendable { case time, output, results }

    public enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signal(Int32)
        /// Killed by us.
        case stopped(Limit)
    }

    public let ending: Ending
    /// What it wrote to standard output: results.
    public let results: [UInt8]
    /// What it wrote to standard error.
    public let output: [UInt8]
    /// Most memory it held, in bytes.
    public let peakMemory: Int

    /// Runs a program to its end, or to the first limit it meets; then kills its whole process group.
    ///
    /// To be called on a thread that lives as long as the child: one that asks to end with its parent ends with that
    /// thread.
    /// - Parameters:
    ///   - arguments: its own name first.
    ///   - environment: `NAME=value`.
    ///   - input: what it reads from standard input.
    ///   - limits: those of time, output and results are kept here; that of memory is the child's to set.
    /// - Throws: `ChildProcessError` if it cannot be started.
    public init(
        _ program: String, _ arguments: [String], environment: [String], input: [UInt8], limits: IsolationLimits
    ) throws(ChildProcessError) {
        let (resultPipe, outputPipe) = try (Self.pipe(), Self.pipe())
        defer { for end in [resultPipe.read, outputPipe.read] { close(end) } }
        let process: pid_t
        do {
            defer { for end in [resultPipe.write, outputPipe.write] { close(end) } }
            process = try Self.spawn(program, arguments, environment, input, resultPipe.write, outputPipe.write)
        }
        var results = Intake(resultPipe.read, limit: limits.resultBytes)
        var output = Intake(outputPipe.read, limit: limits.outputBytes)
        let end = nino_process_descriptor(process)
        let failure = errno
        defer { close(end) }
        let stop = end < 0 ? nil : Self.watch(process, end, seconds: limits.seconds, &results, &output)
        // The leader is not collected yet, so its number cannot be that of another group.
        kill(-process, SIGKILL)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        guard end >= 0 else { throw ChildProcessError(code: failure) }
        results.drain()
        output.drain()
        ending = stop.map(Ending.stopped) ?? Self.ending(status)
        self.results = results.bytes
        self.output = output.bytes
        peakMemory = usage.ru_maxrss * 1024
    }

    private static func pipe() throws(ChildProcessError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard nino_pipe(&ends) == 0 else { throw ChildProcessError(code: errno) }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String], _ input: [UInt8], _ results: Int32,
        _ output: Int32
    ) throws(ChildProcessError) -> pid_t {
        let file = nino_memory_file(input, Int64(input.count))
        guard file >= 0 else { throw ChildProcessError(code: errno) }
        defer { close(file) }
        var (words, variables) = (arguments.map { strdup($0) } + [nil], environment.map { strdup($0) } + [nil])
        defer { for copy in words + variables { free(copy) } }
        let process = nino_spawn(program, &words, &variables, file, results, output)
        guard process >= 0 else { throw ChildProcessError(code: errno) }
        return process
    }

    /// Returns when the process has ended, with nil, or when it has met a limit.
    /// - Parameter end: becomes readable when the process ends.
    private static func watch(
        _ process: pid_t, _ end: Int32, seconds: Double, _ results: inout Intake, _ output: inout Intake
    ) -> Limit? {
        let start = ContinuousClock.now
        var deadline = start + .seconds(seconds)
        while true {
            let left = max(.zero, deadline - .now) / .milliseconds(1)
            var waiting = [end, results.descriptor, output.descriptor].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&waiting, 3, Int32(min(left.rounded(.up), 1e9)))
            results.drain()
            output.drain()
            if results.isOverfull { return .results }
            if output.isOverfull { return .output }
            if waiting[0].revents != 0 { return nil }
            guard ContinuousClock.now >= deadline else { continue }
            // A busy machine is no fault of the plugin's, though one that keeps the machine busy itself must not gain
            // without end by it.
            deadline =
                start + .seconds(seconds)
                + min(timeInQueue(process), .seconds(seconds * (IsolationLimits.mostOfBusyMachine - 1)))
            if ContinuousClock.now >= deadline { return .time }
        }
    }

    /// How long the main thread of a process has waited for a processor while it could have run; zero where the kernel
    /// does not tell.
    private static func timeInQueue(_ process: pid_t) -> Duration {
        // The kernel's sched-stats: nanoseconds that it ran, nanoseconds that it waited, turns.
        guard let file = fopen("/proc/\(process)/schedstat", "re") else { return .zero }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return .zero }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let numbers = text.split(whereSeparator: \.isWhitespace)
        guard numbers.count > 1, let waited = Int64(numbers[1]) else { return .zero }
        return .nanoseconds(max(0, waited))
    }

    private static func ending(_ status: Int32) -> Ending {
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signal(signal)
    }
}

public struct ChildProcessError: Error, Equatable, CustomStringConvertible {
    /// An errno.
    public let code: Int32
    public var description: String { "a child process cannot be started: \(String(cString: strerror(code)))" }
}

/// What comes through a pipe, up to a limit.
private struct Intake {
    /// -1 at the end.
    private(set) var descriptor: Int32
    private(set) var bytes: [UInt8] = []
    private(set) var isOverfull = false
    private let limit: Int

    init(_ descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// Takes what is there, without waiting.
    mutating func drain() {
        guard descriptor >= 0, !isOverfull else { return }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !isOverfull {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count == 0 { descriptor = -1 }
            guard count > 0 else { return }
            isOverfull = bytes.count + count > limit
            bytes += buffer[..<min(count, limit - bytes.count)]
        }
    }
}
