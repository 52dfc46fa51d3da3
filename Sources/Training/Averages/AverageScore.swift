/// What an evaluation of averaged weights found.
public struct AverageScore: Codable, Sendable, Equatable {
    /// Mean loss over the evaluation set.
    public var testLoss: Double
    /// Share of right predictions, 0 … 1; nil where the task does not count predictions.
    public var accuracy: Double?

    public init(testLoss: Double, accuracy: Double?) {
        (self.testLoss, self.accuracy) = (testLoss, accuracy)
    }

    enum CodingKeys: String, CodingKey {
        case testLoss = "test_loss"
        case accuracy
    }
}
