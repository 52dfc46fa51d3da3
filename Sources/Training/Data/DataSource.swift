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
    /// Labels are 0 ..< labelCount: the fewest logits a model may have.
    var labelCount: Int { get }
    /// How the examples of a step are chosen.
    var order: ExampleOrder { get }
    /// True if the loss is a mean over predicted tokens, so that its exponential is the perplexity.
    var hasPerplexity: Bool { get }
    /// Tells these examples from others; a run is taken up only with the data it began with.
    var identity: String { get }

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

/// How the training examples of a step are chosen. Either way they are a function of the seed and the step alone.
public enum ExampleOrder: Sendable {
    /// Every epoch is a fresh permutation of all examples.
    case epochs
    /// Each example is drawn from all, whatever was drawn before: for examples that overlap, or are too many to
    /// permute.
    case independent
}

extension DataSource {
    public var order: ExampleOrder { .epochs }
    public var hasPerplexity: Bool { false }
    public var identity: String { "\(trainingCount) + \(evaluationCount) examples" }
}
