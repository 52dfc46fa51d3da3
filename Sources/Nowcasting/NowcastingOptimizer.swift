import NeuralGraphs
import Tensors

/// A base optimizer that, once a period, jumps to where the parameters seem to be going. Source: nino-model.md 1.
///
/// Every `period / 5` steps the parameters are recorded as they are before that step's update, or as they were on average since the
/// record before (`StateKind`). The step that would record the fifth state needs no gradients: the nowcast replaces the parameters, and the records are dropped. The base
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
    public let stateKind: StateKind
    /// Completed steps.
    public private(set) var completedSteps = 0

    private let model: GraphModel?
    private var states: [Tensor] = []
    private var recorded: RecordedState

    /// - Parameters:
    ///   - model: the graph of the model; nil will do where the nowcaster needs none.
    ///   - parameters: the model's parameters in the order of the flat vector.
    ///   - period: steps from one nowcast to the next, at least 5.
    ///   - firstHorizon: states that the first nowcast looks ahead, or as many as the nowcaster can if that is less or this is nil.
    ///   - stateKind: what the nowcaster shall see; best what it was trained on.
    ///   - maxTrainSteps: length of the whole run, which the horizons are spread over.
    /// - Throws: `setting`, `graphMissing`.
    public init(
        _ base: Base, nowcaster: Nowcaster, model: GraphModel?, parameters: ParameterList, period: Int = 1000, firstHorizon: Int? = nil,
        stateKind: StateKind = .snapshot, maxTrainSteps: Int
    ) throws(NowcastError) {
        guard period >= StateHistory.contextLength else {
            throw .setting(name: "period", expected: "at least \(StateHistory.contextLength)", found: "\(period)")
        }
        guard maxTrainSteps >= 1 else { throw .setting(name: "max-steps", expected: "at least 1", found: "\(maxTrainSteps)") }
        if let firstHorizon, firstHorizon < 1 { throw .setting(name: "horizon", expected: "at least 1", found: "\(firstHorizon)") }
        if nowcaster.needsGraph && model == nil { throw .graphMissing(method: "nowcaster") }
        (self.base, self.nowcaster, self.model, self.parameters) = (base, nowcaster, model, parameters)
        schedule = HorizonSchedule(longest: nowcaster.firstHorizon(firstHorizon), period: period, maxTrainSteps: maxTrainSteps)
        self.stateKind = stateKind
        recorded = RecordedState(stateKind)
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
        recorded.add(weights)
        if recordsAtNextStep {
            states.append(recorded.state(weights))
            recorded = RecordedState(stateKind)
        }
        base.step(weights, gradients: gradients)
        completedSteps += 1
        return .updated
    }

    private mutating func nowcast(_ weights: Tensor) throws(NowcastError) -> Event {
        let horizon = schedule.horizon(atStep: completedSteps)
        var newest = recorded
        newest.add(weights)
        let predicted = try nowcaster.nowcast(StateHistory(states + [newest.state(weights)], parameters: parameters), horizon: horizon, model: model)
        states = []
        recorded = RecordedState(stateKind)
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
    private static var meanName: String { "nowcast.mean" }
    private static func stateName(_ index: Int) -> String { "nowcast.state_\(index)" }

    /// Recorded states, step count and the base optimizer's state: with the parameters, all that the run depends on.
    public var savedState: SavedOptimizerState {
        var saved = base.savedState.prefixed(Self.baseName)
        saved.counters[Self.stepName] = completedSteps
        saved.counters[Self.periodName] = schedule.period
        if !recorded.mean.isEmpty { saved.tensors[Self.meanName] = Tensor(shape: [recorded.mean.count], values: recorded.mean) }
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
        var states: [Tensor] = []
        for index in 0..<(step / interval % StateHistory.contextLength) {
            let state = try saved.tensor(Self.stateName(index), count: parameters.count)
            states.append(Tensor(shape: [state.count], values: state.array))
        }
        let count = step % interval
        let mean = stateKind == .mean && count > 0 ? try saved.tensor(Self.meanName, count: parameters.count).array : []
        try base.restore(saved.part(Self.baseName))
        (completedSteps, self.states, recorded) = (step, states, RecordedState(stateKind, mean: mean, count: count))
    }
}
