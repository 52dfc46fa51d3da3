import NeuralGraphs
import Tensors

/// A model with its weights in one vector, compiled once for every batch size that it meets.
final class ModelRunner {
    let parameters: ParameterList
    /// All weights, shape [parameters.count].
    let weights: Tensor
    /// The gradient that `lossAndGradient` left, shape [parameters.count].
    let gradient: Tensor
    let buffers: [(name: String, tensor: Tensor)]
    private let trace: ([String: ValueType]) throws -> Program
    private var trainers: [Int: Evaluator] = [:]
    private var evaluators: [Int: Evaluator] = [:]

    init(_ model: TrainableModel, seed: UInt64) {
        parameters = model.parameters
        weights = Tensor(shape: [parameters.count], values: model.initialParameters(seed))
        gradient = Tensor(shape: [parameters.count])
        buffers = model.initialBuffers(seed).map { ($0.name, Tensor(shape: $0.shape, values: $0.values)) }
        trace = model.trace
    }

    /// Mean loss over a batch of training examples; its gradient goes to `gradient`.
    ///
    /// - Throws: the errors of tracing and of the operations; `modelOutputMissing`.
    func lossAndGradient(_ batch: [String: Value], count: Int, types: [String: ValueType]) throws -> Float {
        let evaluator = try trainers[count] ?? compile(types, purpose: .training)
        trainers[count] = evaluator
        evaluator.training = true
        try evaluator.run(inputs: batch)
        try evaluator.backward(from: "loss")
        return try evaluator.value(of: "loss").values[0]
    }

    /// Mean loss and share of right predictions over the whole evaluation set.
    ///
    /// - Throws: as `lossAndGradient`.
    func evaluate(on data: any DataSource) throws -> (loss: Double, accuracy: Double?) {
        var loss = 0.0
        var correct: Int? = 0
        for start in stride(from: 0, to: data.evaluationCount, by: data.evaluationBatchSize) {
            let range = start..<min(start + data.evaluationBatchSize, data.evaluationCount)
            let batch = data.evaluationBatch(range)
            loss +=
                try self.loss(batch, count: range.count, types: data.inputTypes(count: range.count))
                * Double(range.count)
            let right = data.correctCount(logits: try evaluators[range.count]!.value(of: "logits"), batch: batch)
            correct = correct.flatMap { sum in right.map { sum + $0 } }
        }
        let count = Double(data.evaluationCount)
        return (loss / count, correct.map { Double($0) / count })
    }

    /// Mean loss over a batch, without a gradient.
    ///
    /// - Throws: as `lossAndGradient`.
    func loss(_ batch: [String: Value], count: Int, types: [String: ValueType]) throws -> Double {
        let evaluator = try evaluators[count] ?? compile(types, purpose: .inference)
        evaluators[count] = evaluator
        try evaluator.run(inputs: batch)
        return Double(try evaluator.value(of: "loss").values[0])
    }

    /// What `body` gives with other weights in the place of the model's.
    func withWeights<Result>(_ others: Tensor?, _ body: () throws -> Result) rethrows -> Result {
        guard let others else { return try body() }
        let own = weights.array
        defer { _ = weights.values.update(fromContentsOf: own) }
        _ = weights.values.update(fromContentsOf: others.values)
        return try body()
    }

    private func compile(_ types: [String: ValueType], purpose: Evaluator.Purpose) throws -> Evaluator {
        let program = try trace(types)
        for name in ["loss", "logits"] where !program.outputNames.contains(name) {
            throw TrainingError.modelOutputMissing(name, found: program.outputNames)
        }
        let evaluator = Evaluator(program, purpose: purpose)
        let used = Set(program.parameterNames)
        for entry in parameters.entries where used.contains(entry.name) {
            try evaluator.bind(
                parameter: entry.name, to: Tensor(shape: entry.shape, of: weights, offset: entry.offset),
                gradient: purpose == .training ? Tensor(shape: entry.shape, of: gradient, offset: entry.offset) : nil)
        }
        for (name, tensor) in buffers where program.bufferNames.contains(name) {
            try evaluator.bind(buffer: name, to: tensor)
        }
        return evaluator
    }
}
