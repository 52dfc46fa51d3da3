import CNino
import NeuralGraphs
import Nowcasting

/// States of a network in the caller's memory, read piece by piece where they are needed.
struct ArrayStates: StateSource {
    let parameters: ParameterList
    /// In the order of the list, oldest state first.
    let arrays: [ForeignArray]

    /// - Parameter pointer: as many arrays as `count` states have.
    init(
        _ pointer: UnsafePointer<nino_array_t>?, _ parameters: ParameterList, count: Int = StateHistory.contextLength
    ) throws {
        self.parameters = parameters
        arrays = try (0..<count).flatMap { state in
            try foreignArrays(
                pointer.map { $0 + state * parameters.entries.count }, parameters, what: "state \(state)")
        }
    }

    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
        let array = arrays[state * parameters.entries.count + patch.parameter]
        for row in 0..<patch.rows {
            array.read(
                first: patch.first + row * patch.rowStride, step: patch.columnStride, count: patch.columns,
                into: output + row * stride)
        }
    }
}

/// A network's parameters in the caller's memory, where a nowcast goes.
struct ArraySink: NowcastSink {
    let arrays: [ForeignArray]

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
        for row in 0..<patch.rows {
            arrays[patch.parameter].write(
                first: patch.first + row * patch.rowStride, step: patch.columnStride, count: patch.columns,
                from: values + row * stride)
        }
    }
}

/// One array for each parameter.
/// - Throws: `input` for NULL or an array that cannot be used, by the parameter's name.
func foreignArrays(_ pointer: UnsafePointer<nino_array_t>?, _ parameters: ParameterList, what: String) throws
    -> [ForeignArray]
{
    guard let pointer else { throw LibraryError.input("\(what): expected arrays, found NULL") }
    return try parameters.entries.enumerated().map { index, entry in
        try ForeignArray(pointer[index], shape: entry.shape, name: "\(what): \(entry.name)")
    }
}
