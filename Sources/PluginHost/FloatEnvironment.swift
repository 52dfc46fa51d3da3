import Glibc

/// The floating-point environment of a thread: rounding, traps, and whether subnormal numbers are flushed to zero,
/// which code built for speed alone turns on as soon as it is loaded.
public enum FloatEnvironment {
    /// FE_DFL_ENV, a macro that Swift does not see.
    nonisolated(unsafe) private static let defaults = UnsafePointer<fenv_t>(bitPattern: -1)

    /// Runs `body`, then puts the environment back as it was.
    public static func preserving<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        var saved = fenv_t()
        fegetenv(&saved)
        defer { fesetenv(&saved) }
        return try body()
    }

    /// Runs `body` in the standard environment.
    public static func standard<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        try preserving { () throws(Failure) in
            fesetenv(defaults)
            return try body()
        }
    }
}
