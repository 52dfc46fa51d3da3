import Foundation
import PluginHost
import Synchronization

/// Progress on standard error: on a terminal one line that is rewritten and never wraps, elsewhere a plain line every
/// few seconds. From any thread.
final class StatusLine: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant?
        var isOpen = false
    }

    private let isShown: Bool
    private let isTerminal = Terminal.errors.isInteractive
    private let pause: Double
    private let state = Mutex(State())

    /// - Parameters:
    ///   - isShown: false keeps silent, for `--quiet` and `--json`.
    ///   - pause: seconds between two lines where there is no terminal.
    ///   - waits: says nothing of work that is done sooner than that.
    init(isShown: Bool = true, pause: Double = 5, waits: Bool = false) {
        self.isShown = isShown
        if waits { state.withLock { $0.lastShown = .now } }
        self.pause = isTerminal ? 0.2 : pause
    }

    /// Shows where the work stands, unless it was shown just now.
    /// - Parameters:
    ///   - isLast: shows it in any case.
    ///   - parts: the most important first; those that do not fit the window are left out, from the end.
    func update(isLast: Bool = false, _ parts: () -> [String]) {
        guard isShown else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            if !isLast, let last = state.lastShown, (now - last) / .seconds(1) < pause { return }
            state.lastShown = now
            let text = Self.fitted(parts(), to: Terminal.errors.width.map { $0 - 1 })
            state.isOpen = isTerminal
            Output.remark(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
        }
    }

    /// A line that stays.
    func line(_ text: String) {
        guard isShown else { return }
        state.withLock { state in
            Output.remark((state.isOpen ? "\r\u{1B}[K" : "") + text.onOneLine() + "\n")
            state.isOpen = false
        }
    }

    /// Takes the line away.
    func end() {
        state.withLock { state in
            if state.isOpen { Output.remark("\r\u{1B}[K") }
            state.isOpen = false
        }
    }

    /// The parts joined, in at most so many columns.
    static func fitted(_ parts: [String], to width: Int?) -> String {
        var text = (parts.first ?? "").onOneLine()
        guard let width else { return parts.joined(separator: ", ").onOneLine() }
        for part in parts.dropFirst() {
            let longer = text + ", " + part.onOneLine()
            guard longer.count <= width else { break }
            text = longer
        }
        return text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }

    /// As people say it: `45 s`, `3 min 20 s`, `1 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e15 else { return "unknown time" }
        let total = Int(seconds.rounded())
        if total < 60 { return "\(total) s" }
        if total < 3600 { return "\(total / 60) min \(total % 60) s" }
        return "\(total / 3600) h \(total % 3600 / 60) min"
    }
}
