import Foundation

/// The child's side of the pipe to the host: `IsolatedAnswer` says what goes through it.
final class ResultChannel: Sendable {
    /// How the child ends when the pipe is gone from under it. `EX_IOERR` of sysexits.h.
    static let brokenStatus: Int32 = 74
    /// Away from the low numbers that code closes or overwrites by mistake.
    private static let lowestDescriptor: Int32 = 700

    private let descriptor: Int32
    private let token: String

    /// Takes standard output for itself; what the plugin writes there goes to standard error from now on, and standard
    /// input is empty.
    init(token: String) {
        self.token = token
        descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, Self.lowestDescriptor)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        let nothing = open("/dev/null", O_RDONLY)
        dup2(nothing, STDIN_FILENO)
        close(nothing)
    }

    /// - Parameter message: on one line.
    func send(_ message: some Collection<UInt8>) {
        var line = Array("\(token) ".utf8) + message + [UInt8(ascii: "\n")]
        while !line.isEmpty {
            let count = write(descriptor, line, line.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { _exit(Self.brokenStatus) }
            line.removeFirst(count)
        }
    }

    func send(_ message: String) { send(message.utf8) }

    func send(failure message: String, status: Int32) {
        send("failure \(status) \(message.onOneLine())")
    }
}
