import CIsolation
import Foundation

/// The call of a plugin's function: announced to whoever watches this process from outside, so that a plugin that never
/// returns can be told by the function it was in, and undone where the function changed how this process works.
public enum PluginCall {
    /// Is told a function's name before it is entered, and nil when it has returned. Set once, before any plugin is
    /// loaded.
    nonisolated(unsafe) static var watcher: ((_ function: String?) -> Void)?

    /// Whether the program owns its process, so that signal handlers, locale, working folder and the permissions of new
    /// files are as it wants them. Set once, before any plugin is loaded.
    public nonisolated(unsafe) static var ownsProcess = false

    /// Is told what a plugin changed and was put back. Set once, before any plugin is loaded.
    public nonisolated(unsafe) static var notice: (String) -> Void = { _ in }

    /// Two calls at once would take each other's changes for the state to be kept.
    private static let lock = NSLock()

    /// - Parameter plugin: its id or file, for the notice.
    static func run<Result>(_ function: String, of plugin: String, _ body: () -> Result) -> Result {
        let isFirst = ownsProcess && lock.try()
        let state = isFirst ? nino_process_state_save() : nil
        defer { if isFirst { lock.unlock() } }
        defer {
            if let state {
                let changed = nino_process_state_restore(state)
                for (bit, name) in changes where changed & bit != 0 { tell(name, function, plugin) }
            }
        }
        return compute(function, of: plugin, body)
    }

    private static let changes = [
        (NINO_CHANGED_SIGNALS, "the handling of signals"), (NINO_CHANGED_LOCALE, "the locale"),
        (NINO_CHANGED_FOLDER, "the working folder"), (NINO_CHANGED_CREATION_MASK, "the permissions of new files"),
        (NINO_CHANGED_TIMERS, "the timers"),
    ]

    /// As `run`, for functions that are called so often that only what concerns their arithmetic is looked after.
    static func compute<Result>(_ function: String, of plugin: String, _ body: () -> Result) -> Result {
        watcher?(function)
        defer { watcher?(nil) }
        return keepingArithmetic(function, of: plugin, body)
    }

    /// The part of `compute` that concerns the thread alone, for the threads of a parallel loop.
    static func keepingArithmetic<Result>(_ function: String, of plugin: String, _ body: () -> Result) -> Result {
        var state = nino_float_state_t()
        nino_float_state_save(&state)
        defer { if nino_float_state_restore(&state) != 0 { tell("how numbers are rounded", function, plugin) } }
        return body()
    }

    private static func tell(_ what: String, _ function: String, _ plugin: String) {
        notice("plugin \(plugin): changed \(what) in \(function); it was put back")
    }
}
