import NeuralGraphs
import Tensors

/// Predicted parameters in memory, as one flat vector.
struct FlatSink: NowcastSink {
    let parameters: ParameterList
    let output: Tensor

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
        let start = output.address + parameters.entries[patch.parameter].offset + patch.first
        for row in 0..<patch.rows {
            for column in 0..<patch.columns {
                start[row * patch.rowStride + column * patch.columnStride] = values[row * stride + column]
            }
        }
    }
}
