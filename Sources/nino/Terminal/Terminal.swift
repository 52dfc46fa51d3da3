import Foundation

/// What the window at the other end of a stream can show.
enum Terminal {
    case output
    case errors

    private var descriptor: Int32 { self == .output ? STDOUT_FILENO : STDERR_FILENO }

    var isInteractive: Bool { isatty(descriptor) == 1 }

    /// Columns of the window; nil where nothing limits a line: a file or a pipe. COLUMNS, if it is exported, goes
    /// first.
    var width: Int? {
        if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text), columns > 0 {
            return columns
        }
        guard isInteractive else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Colours are for terminals that have them and for people who want them (https://no-color.org).
    var isColoured: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isInteractive && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }
}

/// What a line says beside its words.
enum Tone {
    case plain, good, bad, quiet

    /// The text in the tone's colour, where the stream shows colours.
    func paint(_ text: String, for terminal: Terminal) -> String {
        guard self != .plain, terminal.isColoured else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    private var code: Int {
        switch self {
        case .plain: 0
        case .good: 32
        case .bad: 31
        case .quiet: 2
        }
    }
}
