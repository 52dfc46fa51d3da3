import Checkpoints
import Tensors

/// What a state of the history holds.
public enum StateKind: String, Codable, Sendable, CaseIterable {
    /// The weights as they are at the step that records it, as in the paper.
    case snapshot
    /// The mean of the weights over the steps since the state before: the noise of single batches is averaged out, the
    /// drift stays.
    case mean

    /// Key of a checkpoint's metadata that says which kind the network was trained on.
    public static let metadataKey = "states"
}

extension Checkpoint {
    /// Which states this network was trained on; those of the paper unless it says otherwise.
    ///
    /// - Throws: `NowcastError.setting` for a kind that is not known.
    public var stateKind: StateKind {
        get throws(NowcastError) {
            guard let text = metadata[StateKind.metadataKey] else { return .snapshot }
            guard let kind = StateKind(rawValue: text) else {
                throw .setting(
                    name: "\(path): \(StateKind.metadataKey)",
                    expected: StateKind.allCases.map(\.rawValue).joined(separator: " or "), found: text)
            }
            return kind
        }
    }
}

/// A state under way.
public struct StateAccumulator: Sendable {
    public let kind: StateKind
    /// Weight vectors since the last state.
    public private(set) var count = 0
    /// Their mean, shape [weights]; nothing for snapshots. Updated rather than summed up, so that floats do: no digit
    /// is lost to a sum that grows with the interval.
    public private(set) var mean: [Float] = []

    public init(_ kind: StateKind) {
        self.kind = kind
    }

    /// Takes up an interrupted one.
    public init(_ kind: StateKind, mean: [Float], count: Int) {
        (self.kind, self.mean, self.count) = (kind, mean, count)
    }

    /// Adds the weights that a step starts from.
    public mutating func add(_ weights: Tensor) {
        count += 1
        guard kind == .mean else { return }
        if mean.isEmpty { mean = [Float](repeating: 0, count: weights.count) }
        let share = 1 / Float(count)
        mean.withUnsafeMutableBufferPointer { mean in
            for index in mean.indices { mean[index] += (weights.values[index] - mean[index]) * share }
        }
    }

    /// Adds several weight vectors at once.
    /// - Parameter mean: theirs, shape [weights].
    mutating func add(_ mean: Tensor, count: Int) {
        let share = Float(count) / Float(self.count + count)
        self.mean = self.mean.isEmpty ? mean.array : Self.mixed(self.mean, mean.values, share: share).array
        self.count += count
    }

    /// The mean over this and the state before it, each weight vector counting once.
    ///
    /// - Parameters:
    ///   - before: shape [weights].
    ///   - count: weight vectors that it is the mean of.
    /// - Returns: nil for snapshots, which have no mean.
    func mean(with before: Tensor, of count: Int) -> Tensor? {
        guard kind == .mean else { return nil }
        return Self.mixed(before.values, mean, share: Float(self.count) / Float(self.count + count))
    }

    /// The mean over as many weight vectors as two states have: those of this one, of the state before it, and for the
    /// rest the mean of the one before that.
    ///
    /// - Parameters:
    ///   - states: oldest first, at least two, each of shape [weights].
    ///   - count: weight vectors that each is the mean of, at least as many as this one has.
    /// - Returns: nil for snapshots, which have no mean.
    func slidingMean(with states: [Tensor], of count: Int) -> Tensor? {
        guard kind == .mean else { return nil }
        let (older, newer, others) = (states[states.count - 2], states[states.count - 1], 2 * count - self.count)
        let before = Self.mixed(newer.values, older.values, share: Float(count - self.count) / Float(others))
        return mean(with: before, of: others)
    }

    /// - Parameter share: of `other`.
    private static func mixed(_ values: some Collection<Float>, _ other: some Collection<Float>, share: Float) -> Tensor
    {
        Tensor(shape: [values.count], values: zip(values, other).map { $0 + ($1 - $0) * share })
    }

    /// The state, whose last weights are `weights`, which have been added.
    public func state(_ weights: Tensor) -> Tensor {
        Tensor(shape: [weights.count], values: kind == .mean ? mean : weights.array)
    }
}
