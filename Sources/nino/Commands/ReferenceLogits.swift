import Checkpoints
import PluginHost
import Tensors

/// Logits of another implementation, with the inputs they belong to: one safetensors file.
struct ReferenceLogits {
    /// Largest difference by largest logit that counts as equal; implementations in float32 differ by 1e-6 to 1e-5.
    static let tolerance = 1e-4

    let file: String

    /// The largest difference between the model's logits and those in the file, by the largest of these.
    /// - Throws: what opening the files or running the model throws; `InputError` where a tensor or a shape is missing.
    func difference(from model: Model, weights: String) throws -> Double {
        let checkpoint = try Checkpoint(opening: file)
        guard let expected = checkpoint.tensors.first(where: { $0.name == "logits" }) else {
            throw InputError("\(file): tensor \"logits\": expected, not found")
        }
        let inputs = try InputFile.values(checkpoint) { $0 != "logits" }
        let evaluator = try WeightFile.load(weights, model: model).evaluator(
            inputs: inputs.mapValues(\.type), purpose: .inference)
        try evaluator.run(inputs: inputs)
        let logits = try evaluator.value(of: "logits")
        guard logits.shape == expected.shape else {
            throw InputError("\(file): tensor \"logits\": expected shape \(logits.shape), found \(expected.shape)")
        }
        var (largest, difference) = (0.0, 0.0)
        for (found, wanted) in zip(logits.array, try checkpoint.floats("logits")) {
            largest = max(largest, Double(abs(wanted)))
            difference = found.isFinite ? max(difference, Double(abs(found - wanted))) : .infinity
        }
        return largest > 0 ? difference / largest : difference
    }
}
