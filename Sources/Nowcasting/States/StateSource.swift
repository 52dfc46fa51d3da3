import NeuralGraphs

/// Where states come from, patch by patch: memory, or files.
public protocol StateSource: Sendable {
    var parameters: ParameterList { get }

    /// Copies a patch of state `state` (0 = oldest) as float32 to `output`, `stride` numbers from row to row.
    ///
    /// Called from several threads at once.
    /// - Throws: whatever keeps it from reading: that ends the nowcast.
    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) throws
}
