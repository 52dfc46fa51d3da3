import Checkpoints
import PluginHost

/// Weights of one model in a checkpoint.
enum WeightFile {
    /// Loads all parameters and buffers.
    /// - Throws: `CheckpointError` naming file and tensor: missing, surplus, of another shape or type;
    ///   `PluginHostError.contradictingNames`.
    static func load(_ path: String, model: Model) throws -> ModelState {
        let file = try Checkpoint(opening: path)
        let names = try FileNames(model, in: file)
        try names.check(file, parameters: model.parameters, bufferShapes: model.description.bufferShapes)
        try names.checkCopies(in: file)
        var parameters: [Float] = []
        parameters.reserveCapacity(model.parameters.count)
        for name in names.parameters { parameters += try file.floats(name) }
        return ModelState(model, parameters: parameters, buffers: try names.buffers.mapValues { try file.floats($0) })
    }
}
