import Checkpoints
import PluginHost
import Tensors

/// Weights of one model in a checkpoint.
enum WeightFile {
    /// Loads all parameters and buffers.
    /// - Throws: `CheckpointError` naming file and tensor: missing, surplus, of another shape or type, not finite.
    static func load(_ path: String, model: Model) throws -> ModelState {
        let file = try Checkpoint(opening: path)
        try check(file, model: model)
        var parameters: [Float] = []
        parameters.reserveCapacity(model.parameters.count)
        for entry in model.parameters.entries { parameters += try file.floats(entry.name) }
        var buffers: [String: [Float]] = [:]
        for buffer in model.description.buffers where buffer.elementType == .float32 { buffers[buffer.name] = try file.floats(buffer.name) }
        return ModelState(model, parameters: parameters, buffers: buffers)
    }

    /// True for a tensor that a checkpoint of the model may hold beside its parameters.
    static func isBuffer(_ name: String, of model: Model) -> Bool {
        (model.description.buffers + model.description.ignored).contains { $0.name == name }
    }

    private static func check(_ file: Checkpoint, model: Model) throws(CheckpointError) {
        let floats = model.description.parameters + model.description.buffers.filter { $0.elementType == .float32 }
        for tensor in floats {
            guard let found = file[tensor.name] else { throw .tensorMissing(file: file.path, tensor: tensor.name) }
            guard found.shape == tensor.shape else {
                throw .shapeMismatch(file: file.path, tensor: tensor.name, expected: tensor.shape, found: found.shape)
            }
            guard found.dtype.isFloatingPoint else {
                throw .wrongDType(file: file.path, tensor: tensor.name, expected: "a floating-point type", found: found.dtype)
            }
        }
        for found in file.tensors where model.parameters[found.name] == nil && !isBuffer(found.name, of: model) {
            throw .tensorSurplus(file: file.path, tensor: found.name, expected: "a tensor of the model")
        }
    }
}
