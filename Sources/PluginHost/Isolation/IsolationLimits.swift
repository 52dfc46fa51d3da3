/// What a plugin may use in a child process.
public struct IsolationLimits: Codable, Sendable, Equatable {
    /// Wall-clock time of the whole task, in seconds.
    public var seconds: Double
    /// Memory above what the host itself needs, in bytes.
    public var memoryBytes: Int
    /// What it may write to standard output and standard error together, in bytes.
    public var outputBytes = 1 << 20
    /// What the task may report, in bytes.
    public var resultBytes = 64 << 20

    public init(seconds: Double = 60, memoryBytes: Int = 4 << 30) {
        self.seconds = seconds
        self.memoryBytes = memoryBytes
    }
}
