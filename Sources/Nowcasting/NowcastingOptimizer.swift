import NeuralGraphs
import Tensors

/// A base optimizer that, once a period, jumps to where the parameters seem to be going. Source: nino-model.md 1.
///
/// Every `period / 5` steps the parameters are recorded as they are before that step's update. The step that would record
/// the fifth state needs no gradients: the nowcast replaces the parameters, and the records are dropped. The base
/// optimizer takes all other steps; its own state is kept as it is.
public struct NowcastingOptimizer<Base: BaseOptimizer> {
    /// What a step did.
    public enum Event: Sendable, Equatable {
        /// The base optimizer's step.
        case updated
        /// The parameters were nowcast `horizon` states ahead.
        case nowcast(horizon: Int)
        /// The nowcast held NaN or infinity, first in this parameter, and was dropped; the parameters are as they were.
        case refused(horizon: Int, parameter: String)
    }

    public private(set) var base: Base
    public let nowcaster: Nowcaster
    public let parameters: ParameterList
    public let schedule: HorizonSchedule
    /// Completed steps.
    public private(set) var completedSteps = 0

    private let model: GraphModel?
    private var states: [Tensor] = []

    /// - Parameters:
    ///   - model: the graph of the model; nil will do for the line fit.
    ///   - parameters: the model's parameters in the order of the flat vector.
    ///   - period: steps from one nowcast to the next, at least 5.
    ///   - maxTrainSteps: length of the whole run, which the horizons are spread over.
    /// - Throws: `setting`, `graphMissing`.
    public init(
        _ base: Base, nowcaster: Nowcaster, model: GraphModel?, parameters: ParameterList, period: Int = 1000, maxTrainSteps: Int
    ) throws(NowcastError) {
        guard period >= StateHistory.contextLength else {
            throw .setting(name: "period", expected: "at least \(StateHistory.contextLength)", found: "\(period)")
        }
        guard maxTrainSteps >= 1 else { throw .setting(name: "max-steps", expected: "at least 1", found: "\(maxTrainSteps)") }
        if nowcaster.needsGraph && model == nil { throw .graphMissing(method: "nowcaster") }
        (self.base, self.nowcaster, self.model, self.parameters) = (base, nowcaster, model, parameters)
        schedule = HorizonSchedule(longest: nowcaster.longestHorizon ?? HorizonSchedule.longestDefault, period: period, maxTrainSteps: maxTrainSteps)
    }

    /// Steps from one recorded state to the next.
    private var interval: Int { schedule.period / StateHistory.contextLength }

    /// False if the next step is a nowcast: then no forward and backward pass is needed.
    public var needsGradients: Bool {
        !(recordsAtNextStep && states.count == StateHistory.contextLength - 1)
    }

    private var recordsAtNextStep: Bool { (completedSteps + 1).isMultiple(of: interval) }

    /// Takes one step.
    ///
    /// - Parameters:
    ///   - weights: shape [parameters], changed in place.
    ///   - gradients: shape [parameters]; must be given when `needsGradients` says so, and is ignored otherwise.
    /// - Throws: what the nowcaster throws; then nothing has changed.
    public mutating func step(_ weights: Tensor, gradients: Tensor?) throws(NowcastError) -> Event {
        precondition(weights.count == parameters.count, "expected \(parameters.count) weights, found \(weights.count)")
        guard needsGradients else { return try nowcast(weights) }
        guard let gradients else { preconditionFailure("step \(completedSteps) needs gradients") }
        precondition(gradients.count == parameters.count, "expected \(parameters.count) gradients, found \(gradients.count)")
        if recordsAtNextStep { states.append(Tensor(shape: [weights.count], values: weights.array)) }
        base.step(weights, gradients: gradients)
        completedSteps += 1
        return .updated
    }

    private mutating func nowcast(_ weights: Tensor) throws(NowcastError) -> Event {
        let horizon = schedule.horizon(atStep: completedSteps)
        let predicted = try nowcaster.nowcast(StateHistory(states + [weights], parameters: parameters), horizon: horizon, model: model)
        states = []
        completedSteps += 1
        if let bad = predicted.values.firstIndex(where: { !$0.isFinite }) {
            return .refused(horizon: horizon, parameter: parameters.entry(containing: bad)?.name ?? "")
        }
        weights.values.baseAddress!.update(from: predicted.address, count: weights.count)
        return .nowcast(horizon: horizon)
    }
}

extension NowcastingOptimizer {
    private static var baseName: String { "base." }
    private static var stepName: String { "nowcast.completed_steps" }
    private static var periodName: String { "nowcast.period" }
    private static func stateName(_ index: Int) -> String { "nowcast.state_\(index)" }

    /// Recorded states, step count and the base optimizer's state: with the parameters, all that the run depends on.
    public var savedState: SavedOptimizerState {
        var saved = base.savedState.prefixed(Self.baseName)
        saved.counters[Self.stepName] = completedSteps
        saved.counters[Self.periodName] = schedule.period
        for (index, state) in states.enumerated() { saved.tensors[Self.stateName(index)] = state }
        return saved
    }

    /// - Throws: `savedNumber`, `savedTensorMissing`, `savedTensorShape`, and what the base optimizer throws; then nothing has changed.
    public mutating func restore(_ saved: SavedOptimizerState) throws {
        let step = try saved.counter(Self.stepName)
        let period = try saved.counter(Self.periodName)
        guard period == schedule.period else {
            throw NowcastError.savedNumber(name: Self.periodName, expected: "\(schedule.period)", found: "\(period)")
        }
        let recorded = step / interval % StateHistory.contextLength
        var states: [Tensor] = []
        for index in 0..<recorded {
            let state = try saved.tensor(Self.stateName(index), count: parameters.count)
            states.append(Tensor(shape: [state.count], values: state.array))
        }
        try base.restore(saved.part(Self.baseName))
        (completedSteps, self.states) = (step, states)
    }
}
