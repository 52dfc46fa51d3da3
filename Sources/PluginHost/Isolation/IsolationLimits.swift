/// What a plugin may use in a child process.
public struct IsolationLimits: Codable, Sendable, Equatable {
    /// Wall-clock time of the whole task, in seconds, without what it waits for a processor.
    public var seconds: Double
    /// Wall-clock time in which even a task that always waits for a processor must end, in multiples of `seconds`.
    static let mostOfBusyMachine = 10.0
    /// Time in which a plugin has to load and to say whether a config is its own, in seconds.
    static let recognitionSeconds = 5.0
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
