import Foundation
import TestSupport
import Testing

/// Files that others could change are not loaded by any command.
@Suite(.slow) struct PluginTrustTests {
    private let folder = TemporaryFolder()

    private func run(_ arguments: [String]) throws -> Command {
        try Command(arguments: arguments + ["--plugin-path", folder.path])
    }

    @Test(arguments: [[], ["--trust"]]) func changeableFileIsRefusedByEveryCommand(trust: [String]) throws {
        folder.addPlugins("TestPerceptron")
        let config = folder.write(
            #"{"model_type": "perceptron", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "config.json")
        let file = folder + "libTestPerceptron.so"
        let commands = [["plugins"], ["graph", "--config", config]].map { $0 + trust }
        #expect(try run(commands[1]).status == 0)
        chmod(file, 0o666)
        let reason = "\(file): not loaded: \(file) can be changed by every user (mode 666): chmod o-w helps"
        let listing = try run(commands[0])
        #expect(listing.status == 0)
        #expect(listing.output.hasSuffix("rejected:\n    \(reason)\n"))
        let graph = try run(commands[1])
        #expect(graph.status == 2)
        #expect(graph.errorLines.first == "nino: rejected plugin: \(reason)")
    }
}

/// Ending the program ends what it started.
@Suite(.slow) struct InterruptedIsolationTests {
    /// Processes that a process has started, on any of its threads.
    private func children(of process: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return tasks.flatMap { task in
            let list = (try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)) ?? ""
            return list.split(separator: " ").compactMap { Int32($0) }
        }
    }

    private func wait(until condition: () -> Bool) -> Bool {
        for _ in 0..<1000 {
            if condition() { return true }
            usleep(10_000)
        }
        return false
    }

    @Test(arguments: [SIGKILL, SIGINT, SIGTERM]) func childEndsWithItsParent(signal: Int32) throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestIgnoresSignals")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
        process.arguments = ["plugins", "--plugin-path", folder.path, "--time-limit", "600"]
        process.standardOutput = FileHandle.nullDevice
        // Threads of tests block signals, and a process inherits that.
        var (none, before) = (sigset_t(), sigset_t())
        pthread_sigmask(SIG_SETMASK, &none, &before)
        try process.run()
        pthread_sigmask(SIG_SETMASK, &before, nil)
        // The good ones are soon gone; the one that holds out is left.
        var left: [Int32] = []
        defer { for child in left { kill(child, SIGKILL) } }
        #expect(
            wait {
                let now = children(of: process.processIdentifier)
                defer { left = now }
                return now.count == 1 && now == left && hasPassedStart(now[0])
            })
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationStatus == signal)
        #expect(wait { kill(left[0], 0) != 0 })
    }

    /// Whether a child ignores SIGTERM, which the plugin asked for.
    private func hasPassedStart(_ process: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        guard
            let ignored = status.split(separator: "\n").first(where: { $0.hasPrefix("SigIgn:") })?.split(
                separator: "\t"
            ).last
        else { return false }
        return UInt64(ignored, radix: 16).map { $0 & 1 << (SIGTERM - 1) != 0 } ?? false
    }
}
