import Foundation
import Glibc
import JSONText

/// A program run to its end, and what it took: processor time and memory are the kernel's count of this child alone.
struct MeasuredProcess {
    /// Everything it wrote to standard output.
    let output: String
    let peakBytes: Int
    let processorSeconds: Double
    /// Bytes that it read from files, from the page cache or not, and calls that it took.
    let bytesRead: Int
    let readCalls: Int
    /// From start to end.
    let seconds: Double

    /// - Parameters:
    ///   - program: a path, or a name in PATH.
    /// - Throws: `InputError` if it cannot be started, or does not end with status 0; its standard error has been shown
    ///   then.
    init(_ program: String, _ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw InputError("\(program): no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        let words = ([program] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let clock = ContinuousClock()
        let started = clock.now
        let status = posix_spawnp(&child, program, &actions, nil, words + [nil], environ)
        close(ends[1])
        guard status == 0 else {
            close(ends[0])
            throw InputError("\(program): cannot be started: \(String(cString: strerror(status)))")
        }
        let data = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readDataToEndOfFile()
        // It has ended, but the kernel keeps its counts until it is waited for.
        var information = siginfo_t()
        while waitid(P_PID, UInt32(child), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
        let counts = Self.counts(of: child)
        (bytesRead, readCalls) = (counts["rchar"] ?? 0, counts["syscr"] ?? 0)
        var (end, usage) = (Int32(0), rusage())
        while wait4(child, &end, 0, &usage) < 0 && errno == EINTR {}
        seconds = (clock.now - started) / .seconds(1)
        guard end == 0 else {
            throw InputError(
                "\(program) \(arguments.first ?? ""): expected to end well, found status \(end >> 8 & 0xFF), signal "
                    + "\(end & 0x7F)"
            )
        }
        output = String(decoding: data, as: UTF8.self)
        peakBytes = usage.ru_maxrss * 1024
        processorSeconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
    }

    /// What /proc says of a process's input and output.
    private static func counts(of process: pid_t) -> [String: Int] {
        let text = (try? String(contentsOfFile: "/proc/\(process)/io", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").reduce(into: [:]) { counts, line in
            let words = line.split(separator: " ")
            if words.count == 2 { counts[String(words[0].dropLast())] = Int(words[1]) }
        }
    }

    /// A field of the last line, a JSON object.
    func number(_ key: String) throws -> Double {
        let line = output.split(separator: "\n").last ?? ""
        switch try JSONValue(parsing: line.utf8, file: "output") {
        case .object(let members):
            if case .real(let number) = members[key] { return number }
            if case .integer(let whole) = members[key] { return Double(whole) }
        default: break
        }
        throw InputError("expected a JSON object with a number under \"\(key)\", found \(line.shown())")
    }
}
