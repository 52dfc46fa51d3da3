import NeuralGraphs
import Tensors

/// Predicted parameters in memory, as one flat vector.
struct FlatSink: NowcastSink {
    let parameters: ParameterList
    let output: Tensor

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
        let start = output.address + parameters.entries[patch.parameter].offset
        patch.forEachScalar { row, column, scalar in start[scalar] = values[row * stride + column] }
    }
}
