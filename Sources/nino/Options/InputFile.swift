import Checkpoints
import Tensors

/// Inputs of a model from a file: integers as `i64`, everything else as float32.
enum InputFile {
    /// - Parameter isInput: of the name of a tensor.
    /// - Throws: `InputError` for a shape that no input has; what reading the tensors throws.
    static func values(_ file: Checkpoint, where isInput: (String) -> Bool = { _ in true }) throws -> [String: Value] {
        var values: [String: Value] = [:]
        for tensor in file.tensors where isInput(tensor.name) {
            do throws(TensorError) {
                _ = try ValueType.checkedCount(tensor.shape, name: "tensor \"\(tensor.name)\"")
            } catch {
                throw InputError("\(file.path): \(error)")
            }
            values[tensor.name] =
                tensor.dtype == .i64
                ? .integer(IntegerTensor(shape: tensor.shape, values: try file.int64s(tensor.name)))
                : .float(Tensor(shape: tensor.shape, values: try file.floats(tensor.name)))
        }
        return values
    }
}
