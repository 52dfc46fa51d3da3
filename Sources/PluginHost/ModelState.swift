import Tensors

/// The weights of a model in memory: all parameters in one flat vector, all gradients in another, and the buffers.
///
/// Evaluators made here read and write these; optimizers and nowcasts work on the flat vectors.
public final class ModelState {
    public let model: Model
    /// All parameters end to end, in `named_parameters()` order.
    public let parameters: Tensor
    /// The gradient of each, as the last backward pass left it.
    public let gradients: Tensor
    /// Float32 buffers by name.
    public let buffers: [String: Tensor]

    /// - Parameters:
    ///   - parameters: as many scalars as the model has.
    ///   - buffers: every float32 buffer of the model, by name.
    public init(_ model: Model, parameters: [Float], buffers: [String: [Float]]) {
        precondition(
            parameters.count == model.parameters.count,
            "expected \(model.parameters.count) scalars, found \(parameters.count)")
        self.model = model
        self.parameters = Tensor(shape: [parameters.count], values: parameters)
        gradients = Tensor(shape: [parameters.count])
        let shapes = Dictionary(uniqueKeysWithValues: model.description.buffers.map { ($0.name, $0.shape) })
        self.buffers = Dictionary(uniqueKeysWithValues: buffers.map { ($0, Tensor(shape: shapes[$0]!, values: $1)) })
    }

    /// A fresh model, drawn from the seed.
    public convenience init(_ model: Model, seed: UInt64) {
        self.init(model, parameters: model.initialParameters(seed: seed), buffers: model.initialBuffers(seed: seed))
    }

    /// One parameter as a view into a flat vector.
    public func view(_ name: String, of vector: Tensor) -> Tensor? {
        model.parameters[name].map { Tensor(shape: $0.shape, of: vector, offset: $0.offset) }
    }

    /// An evaluator of the forward pass for inputs of these types, bound to these weights, and for training to the
    /// gradients.
    /// - Throws: as `Model.trace(inputs:)`.
    public func evaluator(inputs: [String: ValueType], purpose: Evaluator.Purpose) throws -> Evaluator {
        let evaluator = Evaluator(try model.trace(inputs: inputs), purpose: purpose)
        for entry in model.parameters.entries where evaluator.program.parameterNames.contains(entry.name) {
            let gradient = purpose == .training ? view(entry.name, of: gradients) : nil
            try evaluator.bind(parameter: entry.name, to: view(entry.name, of: parameters)!, gradient: gradient)
        }
        for name in evaluator.program.bufferNames {
            try evaluator.bind(buffer: name, to: buffers[name]!)
        }
        return evaluator
    }
}
