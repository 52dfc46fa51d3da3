import NeuralGraphs

/// Where the five states come from, patch by patch: memory, or files.
public protocol StateSource: Sendable {
    var parameters: ParameterList { get }

    /// Copies a patch of state `state` (0 = oldest) as float32 to `output`, `stride` numbers from row to row.
    ///
    /// Called from several threads at once. A source that can fail delivers any numbers from then on and says so in
    /// `hasFailed`.
    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int)

    /// Whether something could not be read: the nowcast then ends with `NowcastError.stopped`, and the source knows
    /// why.
    var hasFailed: Bool { get }
}

extension StateSource {
    public var hasFailed: Bool { false }
}
