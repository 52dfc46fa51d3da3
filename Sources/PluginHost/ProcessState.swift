import CIsolation

/// What belongs to the process that has loaded this host as a library, and no plugin may change.
enum ProcessState {
    /// Runs `body`, which loads a library, then puts back what signals do: Swift's runtime takes those of crashes as
    /// soon as it is loaded. In the program itself its handlers stay.
    static func preserving<Result>(_ body: () -> Result) -> Result {
        guard HostLocation.current.isLibrary else { return body() }
        var signals = nino_signals_t()
        nino_remember_signals(&signals)
        defer { nino_restore_signals(&signals) }
        return body()
    }
}
