import Tensors

/// Examples to train on and to evaluate with, as batches of named model inputs (`labels` among them, so that the model
/// has a loss).
public protocol DataSource: Sendable {
    /// Examples to train on; batches name them by 0 ..< trainingCount.
    var trainingCount: Int { get }
    /// Examples to evaluate with.
    var evaluationCount: Int { get }
    /// Largest evaluation batch: wide enough to keep the processor busy, small enough for its caches.
    var evaluationBatchSize: Int { get }

    /// The model inputs for a batch of `count` examples, for tracing.
    func inputTypes(count: Int) -> [String: ValueType]

    /// Inputs for the training examples at these indices.
    func trainingBatch(_ examples: ArraySlice<Int>) -> [String: Value]

    /// Inputs for a range of the evaluation examples.
    func evaluationBatch(_ examples: Range<Int>) -> [String: Value]

    /// How many predictions of a batch are right; nil where the task counts none.
    ///
    /// - Parameter logits: the model's output for `batch`.
    func correctCount(logits: Tensor, batch: [String: Value]) -> Int?
}
