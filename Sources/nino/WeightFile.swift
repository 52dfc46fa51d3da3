import Checkpoints
import PluginHost
import Tensors

/// Weights of one model in a checkpoint.
enum WeightFile {
    /// Loads all parameters and buffers.
    /// - Throws: `CheckpointError` naming file and tensor: missing, surplus, of another shape or type, not finite.
    static func load(_ path: String, model: Model) throws -> ModelState {
        let file = try Checkpoint(opening: path)
        let floats = model.description.parameters + model.description.buffers.filter { $0.elementType == .float32 }
        try file.check(parameters: floats.map { ($0.name, $0.shape) }, isBuffer: { isBuffer($0, of: model) })
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
}
