import Checkpoints
import Foundation
import Nowcasting
import Tensors

/// Meta-training: AdamW on an objective, with clipped gradients and a learning rate that falls along half a cosine.
///
/// A step whose loss or gradient is not finite changes nothing. After several such steps in a row the weights and
/// moments of the last good state come back, and from then on the learning rate is half of what it was. Weights are a
/// function of the settings and the objective: neither threads nor interruptions change a bit.
public final class MetaTrainer {
    public enum Event {
        case stepped(step: Int, loss: Double)
        /// The step changed nothing.
        case skipped(step: Int)
        /// The last good state is back; the learning rate has been halved so many times in all.
        case returned(step: Int, reductions: Int)
        case evaluated(MetaMetrics)
        case saved(step: Int)
    }

    /// Where a meta-training is, weights and moments apart.
    struct State: Codable, Equatable {
        var step = 0
        var seconds = 0.0
        /// Since the last evaluation.
        var lossSum = 0.0
        var lossCount = 0
        /// Steps in a row that were skipped.
        var skippedInARow = 0
        var skipped = 0
        var reductions = 0
        var metrics: [MetaMetrics] = []
    }

    public let settings: MetaTrainingSettings
    let objective: any MetaObjective
    var optimizer: AdamW
    var state = State()
    /// Weights and moments to return to.
    var good: (weights: Tensor, moments: SavedOptimizerState)
    private let gradient: Tensor
    private let evaluationInterval: Int
    private let validate: (() throws -> MetaEvaluation?)?
    private let files: MetaTrainingFiles?
    private let onEvent: (Event) -> Void
    private var lastSave = ContinuousClock.now

    /// Skipped steps in a row after which the last good state comes back.
    public static let patience = 3
    /// Steps from one good state to the next.
    public static let goodInterval = 50
    /// Most halvings of the learning rate.
    public static let mostReductions = 10
    private static let secondsBetweenSaves = 60.0

    public var step: Int { state.step }
    public var metrics: [MetaMetrics] { state.metrics }
    public var isFinished: Bool { state.step >= settings.steps }

    /// - Parameters:
    ///   - files: where the network and the state to resume from go; nil for nowhere.
    ///   - resume: go on from those files.
    ///   - evaluationInterval: steps from one validation to the next.
    ///   - validate: measures the network as it is.
    /// - Throws: `invalidSetting`; `trainingExists`, `runFinished`, `otherRun`, `checkpointInvalid`; errors of
    ///   reading.
    public init(
        _ objective: any MetaObjective, settings: MetaTrainingSettings, evaluationInterval: Int,
        files: MetaTrainingFiles? = nil, resume: Bool = false,
        validate: (() throws -> MetaEvaluation?)? = nil, onEvent: @escaping (Event) -> Void = { _ in }
    ) throws {
        try settings.validate()
        guard evaluationInterval >= 1 else {
            throw TrainingError.invalidSetting(
                name: "--eval-every", allowed: "at least 1", found: "\(evaluationInterval)")
        }
        (self.objective, self.settings, self.files, self.validate, self.onEvent) = (
            objective, settings, files, validate, onEvent
        )
        self.evaluationInterval = evaluationInterval
        optimizer = AdamW(
            count: objective.weights.count, learningRate: settings.learningRate, weightDecay: settings.weightDecay)
        gradient = Tensor(shape: [objective.weights.count])
        good = (objective.weights.copy(), optimizer.savedState)
        guard let files else { return }
        if resume {
            try restore(files.read(settings: settings, parameters: objective.parameters))
        } else {
            try files.refuseOther()
        }
    }

    /// Trains to the end.
    ///
    /// - Returns: false if it was cancelled; the state is saved then.
    /// - Throws: `metaTrainingDiverged` if lower learning rates do not help; errors of the objective and of writing.
    public func run(cancellation: Cancellation = Cancellation()) throws -> Bool {
        let clock = ContinuousClock()
        while !isFinished {
            if cancellation.isRequested {
                try save()
                return false
            }
            let start = clock.now
            do {
                try takeStep()
            } catch NowcastError.stopped {
                // Cancelled while it waited for other ranks: the step has changed nothing.
                try save()
                return false
            }
            let isDue = state.step.isMultiple(of: evaluationInterval) || isFinished
            if isDue { try evaluate() }
            state.seconds += (clock.now - start) / .seconds(1)
            if isDue || (clock.now - lastSave) / .seconds(1) > Self.secondsBetweenSaves { try save() }
        }
        return true
    }

    private func takeStep() throws {
        let loss = try objective.lossAndGradient(step: state.step, into: gradient)
        let length = gradient.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        state.step += 1
        guard loss.isFinite, length.isFinite else { return try skip() }
        if length > settings.gradientLimit {
            let factor = Float(settings.gradientLimit / length)
            for index in 0..<gradient.count { gradient.values[index] *= factor }
        }
        optimizer.learningRate = settings.learningRate(atStep: state.step - 1) * pow(0.5, Double(state.reductions))
        optimizer.step(objective.weights, gradients: gradient)
        state.skippedInARow = 0
        state.lossSum += loss
        state.lossCount += 1
        if state.step.isMultiple(of: Self.goodInterval) { good = (objective.weights.copy(), optimizer.savedState) }
        onEvent(.stepped(step: state.step, loss: loss))
    }

    private func skip() throws {
        state.skippedInARow += 1
        state.skipped += 1
        onEvent(.skipped(step: state.step))
        guard state.skippedInARow >= Self.patience else { return }
        guard state.reductions < Self.mostReductions else {
            throw TrainingError.metaTrainingDiverged(step: state.step, reductions: state.reductions)
        }
        state.skippedInARow = 0
        state.reductions += 1
        objective.weights.values.baseAddress!.update(from: good.weights.address, count: good.weights.count)
        try optimizer.restore(good.moments)
        onEvent(.returned(step: state.step, reductions: state.reductions))
    }

    private func evaluate() throws {
        let evaluation = try validate?()
        let metrics = MetaMetrics(
            step: state.step, loss: state.lossCount > 0 ? state.lossSum / Double(state.lossCount) : nil,
            learningRate: settings.learningRate(atStep: state.step) * pow(0.5, Double(state.reductions)),
            seconds: state.seconds, skipped: state.skipped,
            relativeError: evaluation?.meanRelativeError.finite, cosine: evaluation?.meanCosine.finite,
            validation: evaluation?.rows.filter { $0.kind == MetaEvaluation.allKinds && $0.isFinite } ?? [])
        (state.lossSum, state.lossCount) = (0, 0)
        state.metrics.append(metrics)
        onEvent(.evaluated(metrics))
    }

    /// - Throws: `CheckpointError.cannotWrite`.
    public func save() throws {
        guard let files else { return }
        try files.write(self)
        lastSave = .now
        onEvent(.saved(step: state.step))
    }

    private func restore(_ saved: MetaTrainingFiles.Saved) throws {
        try optimizer.restore(saved.moments)
        try optimizer.check(saved.goodMoments)
        state = saved.state
        good = (saved.goodWeights, saved.goodMoments)
        objective.weights.values.baseAddress!.update(from: saved.weights.address, count: saved.weights.count)
    }
}

/// What one validation found: one line of the metrics file.
public struct MetaMetrics: Codable, Sendable, Equatable {
    public let step: Int
    /// Mean training loss since the line before; nil if every step was skipped.
    public let loss: Double?
    public let learningRate: Double
    public let seconds: Double
    /// Steps skipped so far, as loss or gradient was not finite.
    public let skipped: Int
    /// Means over families and horizons of the held-out trajectories.
    public let relativeError: Double?
    public let cosine: Double?
    public let validation: [MetaEvaluation.Row]

    enum CodingKeys: String, CodingKey {
        case step, loss, seconds, skipped, cosine, validation
        case learningRate = "learning_rate"
        case relativeError = "relative_error"
    }
}

extension Double? {
    /// Nil for what JSON cannot say: a network that a step has thrown far away predicts infinite changes.
    fileprivate var finite: Double? { flatMap { $0.isFinite ? $0 : nil } }
}

extension MetaEvaluation.Row {
    fileprivate var isFinite: Bool { cosine.isFinite && relativeError.isFinite && lengthRatio.isFinite }
}

extension AdamW {
    /// - Throws: as `restore`, and changes nothing.
    fileprivate func check(_ state: SavedOptimizerState) throws {
        var copy = self
        try copy.restore(state)
    }
}

extension Tensor {
    fileprivate func copy() -> Tensor { Tensor(shape: shape, values: array) }
}
