/// The call of a plugin's function, announced to whoever watches this process from outside, so that a plugin that never
/// returns can be
/// told by the function it was in.
enum PluginCall {
    /// Is told a function's name before it is entered, and nil when it has returned. Set once, before any plugin is
    /// loaded.
    nonisolated(unsafe) static var watcher: ((_ function: String?) -> Void)?

    static func run<Result>(_ function: String, _ body: () -> Result) -> Result {
        watcher?(function)
        defer { watcher?(nil) }
        return FloatEnvironment.preserving(body)
    }
}
