import Tensors

/// A base optimizer that the loop can stop and take up again.
public protocol TrainableOptimizer {
    /// Changes `weights` in place; both have shape [number of weights].
    mutating func update(_ weights: Tensor, gradient: Tensor)
    /// All that the next update depends on, settings apart.
    var state: OptimizerState { get }
    /// - Throws: `optimizerStateInvalid` when a moment is missing or of another size.
    mutating func restore(_ state: OptimizerState) throws(TrainingError)
}

/// The moments of an optimizer, each with one value a weight, under the names that PyTorch gives them.
public struct OptimizerState: Sendable, Equatable {
    public var updates: Int
    public var moments: [String: [Float]]

    public init(updates: Int, moments: [String: [Float]]) {
        self.updates = updates
        self.moments = moments
    }

    func moment(_ name: String, count: Int) throws(TrainingError) -> [Float] {
        let moment = moments[name] ?? []
        guard moment.count == count else {
            throw .optimizerStateInvalid(moment: name, expected: count, found: moment.count)
        }
        return moment
    }
}
