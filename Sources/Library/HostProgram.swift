import Foundation
import PluginHost

/// A command that ended with neither yes nor no.
struct CommandError: Error, CustomStringConvertible {
    let status: Int32
    let description: String
}

/// The program `nino` that belongs to this library.
enum HostProgram {
    /// Runs it to its end.
    /// - Throws: `CommandError` with what it wrote to standard error.
    static func run(_ arguments: [String]) throws -> (output: [UInt8], isYes: Bool) {
        let program = try HostLocation.current.program.get()
        let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
        // The command sets limits for what is not trusted itself.
        var limits = IsolationLimits(seconds: 1e9)
        (limits.outputBytes, limits.resultBytes) = (1 << 30, 1 << 30)
        let child = try ChildProcess(
            program, ["nino"] + arguments, environment: environment, input: [], limits: limits)
        switch child.ending {
        case .exited(0): return (child.results, true)
        case .exited(1): return (child.results, false)
        case .exited(let status): throw CommandError(status: status, description: lastLine(child.output))
        case .signal(let number): throw CommandError(status: 2, description: "nino ended by signal \(number)")
        case .stopped: throw CommandError(status: 2, description: "nino wrote more than expected")
        }
    }

    private static func lastLine(_ output: [UInt8]) -> String {
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        return lines.last.map(String.init) ?? "nino failed without saying why"
    }
}
