/// Why positions of an axis do not permute.
public struct Pin: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// An op, an input, an output, or the absence of any.
    public let source: String
    /// What it does to the positions; empty where the source says it.
    public let reason: String

    public init(_ source: String, _ reason: String = "") {
        self.source = source
        self.reason = reason
    }

    public var description: String { reason.isEmpty ? source : "\(source): \(reason)" }
}
