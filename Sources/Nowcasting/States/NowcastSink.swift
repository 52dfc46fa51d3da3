/// Where predicted parameters go, patch by patch.
public protocol NowcastSink: Sendable {
    /// Called from several threads at once, for different scalars.
    ///
    /// - Throws: whatever keeps it from writing: that ends the nowcast.
    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws
}
