import PluginHost
import Tensors

/// The forward pass on permuted weights equals the forward pass on the weights. Source: docs/symmetry.md, proof 1.
final class FunctionProof {
    /// Largest relative error that counts as equal, in float32; symmetries of the zoo show 1e-6 at most. Where norms
    /// stand behind the residual connections, positions grow alike with random weights, and a misplaced query may show
    /// in little more than 1e-4.
    static let tolerance = 1e-5

    private let state: ModelState
    private let weights: RandomWeights
    private let evaluator: Evaluator
    private let inputs: SampleInputs
    private let reference: [Float]

    /// - Throws: what tracing and running the model throw.
    init(_ model: Model, using random: inout SeededRandom) throws {
        weights = RandomWeights(model, using: &random)
        state = ModelState(model, parameters: weights.parameters, buffers: weights.buffers)
        inputs = try SampleInputs(model, using: &random)
        evaluator = try state.evaluator(inputs: inputs.types, purpose: .inference)
        try evaluator.run(inputs: inputs.values)
        reference = try evaluator.value(of: "logits").array
    }

    /// max |logits after − before| / max |logits|, for weights that an action permuted; infinite if a logit is not
    /// finite.
    func error(_ action: TensorAction) throws -> Double {
        try error(parameters: action.apply(toFlat: weights.parameters, state.model.parameters)) {
            action.apply(to: $1, of: $0)
        }
    }

    /// The same for parameters in which some scalars were drawn anew: 0 if the forward pass does not depend on them.
    /// - Parameter isRedrawn: of a tensor's name and the number of a scalar in it.
    func error(redrawing isRedrawn: (String, Int) -> Bool, using random: inout SeededRandom) throws -> Double {
        var parameters = weights.parameters
        for entry in state.model.parameters.entries {
            for scalar in 0..<entry.count where isRedrawn(entry.name, scalar) {
                parameters[entry.offset + scalar] = random.normal()
            }
        }
        var buffers = weights.buffers
        for name in buffers.keys.sorted() {
            for scalar in buffers[name]!.indices where isRedrawn(name, scalar) {
                buffers[name]![scalar] = random.uniform(in: 0.5...1.5)
            }
        }
        return try error(parameters: parameters) { name, _ in buffers[name]! }
    }

    private func error(parameters: [Float], buffer: (String, [Float]) -> [Float]) throws -> Double {
        _ = state.parameters.values.update(fromContentsOf: parameters)
        for (name, values) in weights.buffers {
            _ = state.buffers[name]!.values.update(fromContentsOf: buffer(name, values))
        }
        try evaluator.run(inputs: inputs.values)
        return relativeError(try evaluator.value(of: "logits").array, reference)
    }

    private func relativeError(_ found: [Float], _ expected: [Float]) -> Double {
        var (difference, largest) = (0.0, 0.0)
        for (a, b) in zip(found, expected) {
            guard a.isFinite, b.isFinite else { return .infinity }
            difference = max(difference, abs(Double(a) - Double(b)))
            largest = max(largest, abs(Double(b)))
        }
        return largest > 0 ? difference / largest : .infinity
    }
}
