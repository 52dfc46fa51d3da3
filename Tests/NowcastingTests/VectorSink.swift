import NeuralGraphs
import Nowcasting
import Tensors

/// Predicted parameters as one vector.
struct VectorSink: NowcastSink {
    let values: Tensor
    let parameters: ParameterList

    init(_ parameters: ParameterList) {
        (values, self.parameters) = (Tensor(shape: [parameters.count]), parameters)
    }

    func write(_ patch: ScalarPatch, from numbers: UnsafePointer<Float>, stride: Int) {
        let start = parameters.entries[patch.parameter].offset + patch.first
        for row in 0..<patch.rows {
            for column in 0..<patch.columns {
                values.values[start + row * patch.rowStride + column * patch.columnStride] =
                    numbers[row * stride + column]
            }
        }
    }
}
