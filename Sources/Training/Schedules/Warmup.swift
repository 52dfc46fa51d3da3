/// A straight line from zero to the peak rate over the first updates.
public struct Warmup: Sendable, Equatable {
    public let steps: Int

    public init(steps: Int) { self.steps = steps }

    /// Nil once it is over.
    public func factor(at step: Int) -> Double? { step < steps ? Double(step) / Double(max(1, steps)) : nil }
}
