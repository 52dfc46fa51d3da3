import Presentation

/// What one evaluation during a run found: one line of `metrics.jsonl`.
public struct Evaluation: Codable, Sendable, Equatable {
    /// Completed optimizer steps.
    public var step: Int
    /// Mean training loss over the gradient steps since the evaluation before; nil if there were none.
    public var loss: Double?
    /// Mean loss over the evaluation set.
    public var testLoss: Double
    /// Exponential of `testLoss`; nil where the task predicts no tokens, or it is too large for a number.
    public var perplexity: Double?
    /// Share of right predictions on the evaluation set, 0 … 1; nil where the task does not count predictions.
    public var accuracy: Double?
    /// Wall time since the run's first step, pauses between sessions left out.
    public var seconds: Double
    /// Nowcasts so far.
    public var nowcasts: Int
    /// States that the evaluated weights look ahead, 0 for a mean or the weights as they are. Nil before the first
    /// search.
    public var horizon: Int?
    /// Forward passes on training batches that searches took so far; nil before the first search.
    public var searchPasses: Int?
    /// What averages of the weights come to, by `AverageKind.name`; nil where none are kept.
    public var averages: [String: AverageScore]?

    public init(
        step: Int, loss: Double?, testLoss: Double, perplexity: Double? = nil, accuracy: Double?, seconds: Double,
        nowcasts: Int, horizon: Int? = nil, searchPasses: Int? = nil, averages: [String: AverageScore]? = nil
    ) {
        self.step = step
        self.loss = loss
        self.testLoss = testLoss
        self.perplexity = perplexity
        self.accuracy = accuracy
        self.seconds = seconds
        self.nowcasts = nowcasts
        self.horizon = horizon
        self.searchPasses = searchPasses
        self.averages = averages
    }

    enum CodingKeys: String, CodingKey {
        case step, loss, perplexity, accuracy, seconds, nowcasts, horizon, averages
        case testLoss = "test_loss"
        case searchPasses = "search_passes"
    }
}

/// The number that a task's target is about.
public enum Metric: String, Codable, Sendable {
    case accuracy
    case testLoss = "test_loss"

    public var higherIsBetter: Bool {
        self == .accuracy
    }

    /// The metric's value, or nil where the evaluation has none.
    public func value(of evaluation: Evaluation) -> Double? {
        switch self {
        case .accuracy: evaluation.accuracy
        case .testLoss: evaluation.testLoss
        }
    }

    /// The same of averaged weights.
    public func value(of score: AverageScore) -> Double? {
        switch self {
        case .accuracy: score.accuracy
        case .testLoss: score.testLoss
        }
    }

    public func reaches(_ target: Double, with value: Double) -> Bool {
        higherIsBetter ? value >= target : value <= target
    }

    /// False for a target that no evaluation can reach, which stands for training through the whole budget.
    public func canReach(_ target: Double) -> Bool {
        switch self {
        case .accuracy: target <= 1
        case .testLoss: target > 0
        }
    }

    /// A target that no evaluation can reach.
    public var unreachable: Double {
        switch self {
        case .accuracy: 2
        case .testLoss: 0
        }
    }

    /// The better of two values.
    public func better(_ a: Double, _ b: Double) -> Double {
        higherIsBetter ? max(a, b) : min(a, b)
    }

    /// As people write it: `89.5 %`, `1.234`; zeros at the end are left out.
    public func text(_ value: Double) -> String {
        switch self {
        case .accuracy: "\(trimmed: value * 100, decimals: 2) %"
        case .testLoss: "\(trimmed: value, decimals: 4)"
        }
    }

    /// The axis title and table heading.
    public var title: String {
        switch self {
        case .accuracy: "test accuracy"
        case .testLoss: "test loss"
        }
    }
}
