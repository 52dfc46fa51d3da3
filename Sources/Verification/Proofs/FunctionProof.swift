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

    /// - Parameters:
    ///   - isHuge: whether the weights are drawn quickly, and the batch is one example.
    ///   - gain: how much larger than usual matrices are.
    /// - Throws: what tracing and running the model throw.
    init(_ model: Model, isHuge: Bool = false, gain: Float = 1, using random: inout SeededRandom) throws {
        weights = RandomWeights(model, isQuick: isHuge, gain: gain, using: &random)
        state = ModelState(model, parameters: weights.parameters, buffers: weights.buffers)
        inputs = try SampleInputs(model, batch: isHuge ? 1 : 3, using: &random)
        evaluator = try state.evaluator(inputs: inputs.types, purpose: .inference)
        try evaluator.run(inputs: inputs.values)
        reference = try evaluator.value(of: "logits").array
    }

    /// max |logits after − before| / max |logits|, for weights that an action permuted; infinite if a logit is not
    /// finite.
    func error(_ action: TensorAction) throws -> Double {
        try error(changing: action.tensors) { action.apply(to: $1, of: $0) }
    }

    /// The same for one tensor in which some scalars were drawn anew: 0 if the forward pass does not depend on them.
    /// - Parameter isRedrawn: of the number of a scalar in it.
    func error(redrawing tensor: String, where isRedrawn: (Int) -> Bool, using random: inout SeededRandom) throws
        -> Double
    {
        // Positive for a buffer, which may be a variance.
        let isBuffer = state.model.parameters[tensor] == nil
        return try error(changing: [tensor]) { _, values in
            var values = values
            for scalar in values.indices where isRedrawn(scalar) {
                values[scalar] = isBuffer ? random.uniform(in: 0.5...1.5) : random.normal()
            }
            return values
        }
    }

    /// The error with other values in some tensors, which are set back afterwards: of a large model most stay.
    private func error(changing tensors: some Collection<String>, by change: (String, [Float]) -> [Float]) throws
        -> Double
    {
        defer { for name in tensors { write(name) { $1 } } }
        for name in tensors { write(name, change) }
        try evaluator.run(inputs: inputs.values)
        return relativeError(try evaluator.value(of: "logits").array, reference)
    }

    /// Puts what becomes of a tensor's random values where the evaluator reads them.
    private func write(_ name: String, _ change: (String, [Float]) -> [Float]) {
        if let entry = state.model.parameters[name] {
            let place = UnsafeMutableBufferPointer(rebasing: state.parameters.values[entry.range])
            _ = place.update(fromContentsOf: change(name, Array(weights.parameters[entry.range])))
        } else if let values = weights.buffers[name] {
            _ = state.buffers[name]!.values.update(fromContentsOf: change(name, values))
        }
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
