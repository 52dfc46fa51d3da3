import Checkpoints

/// A weight of a checkpoint: shape and row-major numbers.
public struct NamedWeight: Sendable, Equatable {
    public let shape: [Int]
    public let values: [Float]

    public init(shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "shape \(shape) over \(values.count) numbers")
        (self.shape, self.values) = (shape, values)
    }

    /// All tensors of a file.
    ///
    /// - Throws: `CheckpointError`.
    public static func all(in checkpoint: Checkpoint) throws(CheckpointError) -> [String: NamedWeight] {
        var weights: [String: NamedWeight] = [:]
        for tensor in checkpoint.tensors {
            weights[tensor.name] = NamedWeight(shape: tensor.shape, values: try checkpoint.floats(tensor.name))
        }
        return weights
    }
}
