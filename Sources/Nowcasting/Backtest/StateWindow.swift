import NeuralGraphs

/// Some neighbouring states of a source, under numbers of their own.
struct StateWindow<Source: StateSource>: StateSource {
    let source: Source
    /// Its oldest state.
    let first: Int

    var parameters: ParameterList { source.parameters }

    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) throws {
        try source.read(patch, state: first + state, into: output, stride: stride)
    }
}
