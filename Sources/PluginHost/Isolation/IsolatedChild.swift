import CIsolation
import Foundation
import Tensors

/// The child's side of `Isolation`.
public enum IsolatedChild {
    /// Does the task this process was started for, confined to its limits, and ends the process.
    /// - Parameters:
    ///   - others: tasks this program has besides those of this module.
    ///   - status: the exit status that belongs to an error a task throws.
    public static func main(_ others: [any IsolatedTask.Type] = [], status: (any Error) -> Int32) -> Never {
        let tasks: [any IsolatedTask.Type] = [LoadTask.self, RecognitionTask.self, RehearsalTask.self] + others
        let input = FileHandle.standardInput.readDataToEndOfFile()
        guard let request = try? JSONDecoder.isolation.decode(IsolationRequest.self, from: input),
            let type = tasks.first(where: { $0.name == request.task }),
            let task = try? JSONDecoder.isolation.decode(type, from: request.payload) as any IsolatedTask
        else {
            FileHandle.standardError.write(
                Data("\(Isolation.argument) is how nino starts itself; it is of no use by hand\n".utf8))
            _exit(2)
        }
        let channel = ResultChannel(token: request.token)
        Parallel.threads = task.threads
        // The host's own need, so not to be taken from what the plugin may use.
        reserveGemmMemory()
        guard confine(to: ReadablePlaces.current.paths(for: task.files + ReadablePlaces.program), request) == 0 else {
            channel.send(failure: "a child process cannot be confined: \(String(cString: strerror(errno)))", status: 2)
            _exit(0)
        }
        PluginCall.watcher = { function in channel.send(function.map { "enter \($0)" } ?? "leave") }
        PluginLog.sink = { message in
            if let line = try? JSONEncoder.isolation.encode(message) { channel.send(Array("log ".utf8) + line) }
        }
        do {
            try run(task, channel)
            channel.send("end")
        } catch {
            channel.send(failure: "\(error)", status: status(error))
        }
        // Nothing of the plugin's runs after this.
        _exit(0)
    }

    private static func confine(to readable: [String], _ request: IsolationRequest) -> Int32 {
        let copies = readable.map { UnsafePointer(strdup($0)) } + [nil]
        defer { for copy in copies { free(UnsafeMutablePointer(mutating: copy)) } }
        return nino_confine(request.parent, limits(request.limits), copies)
    }

    private static func run<Task: IsolatedTask>(_ task: Task, _ channel: ResultChannel) throws {
        try task.run { record in
            channel.send(Array("record ".utf8) + (try JSONEncoder.isolation.encode(record)))
        }
    }

    private static func limits(_ limits: IsolationLimits) -> nino_limits_t {
        // Every processor may be busy all the time; this is for a child whose parent could not stop it.
        let seconds = limits.seconds.rounded(.up) * Double(ProcessInfo.processInfo.activeProcessorCount) + 1
        return nino_limits_t(memory_bytes: Int64(limits.memoryBytes), processor_seconds: Int64(seconds))
    }
}
