import Glibc

/// What a plugin did that no plugin may do, as seen from outside.
public struct Misbehaviour: Sendable, Equatable, CustomStringConvertible {
    public enum Fault: Sendable, Equatable {
        case crashed(signal: Int32)
        case exited(status: Int32)
        case tookTooLong(seconds: Double)
        case tookTooMuchMemory(bytes: Int)
        case wroteTooMuch(bytes: Int)
        case reportedTooMuch(bytes: Int)
        /// Something that is not the host's came through the host's channel.
        case forgedResults
        /// The host's channel was closed under it.
        case closedChannel
    }

    public let fault: Fault
    /// The plugin's function that was entered last; nil if none was.
    public let function: String?
    /// Whether that function had returned.
    public let hasReturned: Bool
    /// The last line it wrote to standard output or standard error, if it crashed or called exit.
    public let lastWords: String?

    /// One clause without a subject: "crashed (SIGSEGV) in describe".
    public var description: String {
        "\(what)\(place)\(lastWords.map { "; its last words: \"\($0)\"" } ?? "")"
    }

    private var what: String {
        switch fault {
        case .crashed(SIGSYS): "tried to start a process or to reach into another one (SIGSYS)"
        case .crashed(let signal): "crashed (\(Self.name(of: signal)))"
        case .exited(let status): "called exit(\(status))"
        case .tookTooLong(let seconds): "took longer than \(seconds.formatted()) s"
        case .tookTooMuchMemory(let bytes): "took more than \(bytes >> 20) MiB of memory"
        case .wroteTooMuch(let bytes): "wrote more than \(bytes >> 20) MiB of output"
        case .reportedTooMuch(let bytes): "led to more than \(bytes >> 20) MiB of results"
        case .forgedResults: "wrote into the host's channel"
        case .closedChannel: "closed the host's channel"
        }
    }

    private var place: String {
        function.map { " \(hasReturned ? "after" : "in") \($0)" } ?? ""
    }

    private static func name(of signal: Int32) -> String {
        let names = [
            SIGABRT: "SIGABRT", SIGALRM: "SIGALRM", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL",
            SIGINT: "SIGINT", SIGKILL: "SIGKILL",
            SIGPIPE: "SIGPIPE", SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP", SIGXCPU: "SIGXCPU",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}

extension Double {
    /// Without a fraction where there is none.
    fileprivate func formatted() -> String {
        self == rounded() && abs(self) < 1e9 ? "\(Int(self))" : "\(self)"
    }
}
