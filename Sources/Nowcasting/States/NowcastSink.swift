/// Where predicted parameters go, patch by patch.
public protocol NowcastSink: Sendable {
    /// Called from several threads at once, for different scalars.
    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int)

    /// Whether something could not be written; as for sources.
    var hasFailed: Bool { get }
}

extension NowcastSink {
    public var hasFailed: Bool { false }
}

extension NowcastSink where Self: StateSource {
    public var hasFailed: Bool { false }
}
