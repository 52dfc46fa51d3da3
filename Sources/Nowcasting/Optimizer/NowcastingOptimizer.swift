import NeuralGraphs
import Tensors

/// A base optimizer that now and then jumps to where the parameters seem to be going. Source: nino-model.md 1.
///
/// Every `period / 5` steps the parameters are recorded as they are before that step's update, or as they were on
/// average since the record before (`StateKind`). The step that would record the fifth state needs no gradients: it is
/// a nowcast. By `NowcastPolicy.schedule` that replaces the parameters, and the records are dropped. By `.search` it
/// does so only where it helps, and the latest records stay, moved along with the parameters; the first come more often
/// (`StateSchedule`). The base optimizer takes all other steps; its own state is kept as it is.
public struct NowcastingOptimizer<Base: BaseOptimizer> {
    /// What a step did.
    public enum Event: Sendable, Equatable {
        /// The base optimizer's step.
        case updated
        /// The parameters were nowcast `horizon` states ahead.
        case nowcast(horizon: Int)
        /// A nowcast was made, which `evaluationWeights` may be; the parameters are as they were.
        case looked
        /// The nowcast held NaN or infinity, first in this parameter, and was dropped; the parameters are as they were.
        case refused(horizon: Int, parameter: String)
    }

    public private(set) var base: Base
    public let nowcaster: any Nowcaster
    public let parameters: ParameterList
    public let schedule: HorizonSchedule
    public let stateKind: StateKind
    public let policy: NowcastPolicy
    /// Completed steps.
    public private(set) var completedSteps = 0

    private let graph: GraphInput?
    private let length: StateSchedule
    private var states: [Tensor] = []
    private var recorded: StateAccumulator
    /// Complete states since the parameters were last replaced.
    private var statesSinceJump = 0
    private var foresight = Foresight.unknown
    /// The best that the last `.search` found.
    private var found: EvaluationWeights?

    /// Two states come between jumps: the first shows the transient of a jump more than where training goes.
    private static var leastStatesBetweenJumps: Int { 2 }

    /// - Parameters:
    ///   - graph: the model's graph; nil will do where the nowcaster needs none.
    ///   - parameters: the model's parameters in the order of the flat vector.
    ///   - period: steps in which five states are recorded, at least 5.
    ///   - firstHorizon: states that the first nowcast looks ahead, or as many as the nowcaster can if that is less or
    ///     this is nil; with
    ///     `.search`, the most that any looks ahead.
    ///   - stateKind: what the nowcaster shall see; best what it was trained on.
    ///   - shortStates: states of a quarter of the length that `.search` begins with (`StateSchedule`), 0 or an even
    ///     number of at least 8; 24 if this is nil.
    ///     There are none where a fifth of `period` has no half.
    ///   - maxTrainSteps: length of the whole run, which the horizons are spread over.
    /// - Throws: `setting`, `graphMissing`.
    public init(
        _ base: Base, nowcaster: any Nowcaster, graph: GraphInput?, parameters: ParameterList,
        period: Int = HorizonSchedule.standardPeriod, firstHorizon: Int? = nil,
        stateKind: StateKind = .snapshot, policy: NowcastPolicy = .schedule, shortStates: Int? = nil, maxTrainSteps: Int
    ) throws(NowcastError) {
        guard period >= StateHistory.contextLength else {
            throw .setting(name: "period", expected: "at least \(StateHistory.contextLength)", found: "\(period)")
        }
        guard maxTrainSteps >= 1 else {
            throw .setting(name: "max-steps", expected: "at least 1", found: "\(maxTrainSteps)")
        }
        if let firstHorizon, firstHorizon < 1 {
            throw .setting(name: "horizon", expected: "at least 1", found: "\(firstHorizon)")
        }
        if nowcaster.needsGraph && graph == nil { throw .graphMissing(method: "nowcaster") }
        (self.base, self.nowcaster, self.graph, self.parameters) = (base, nowcaster, graph, parameters)
        schedule = HorizonSchedule(
            longest: nowcaster.firstHorizon(firstHorizon), period: period, maxTrainSteps: maxTrainSteps)
        length = StateSchedule(
            full: period / StateHistory.contextLength,
            shortStates: policy == .search ? shortStates ?? StateSchedule.standardShortStates : 0)
        self.stateKind = stateKind
        self.policy = policy
        recorded = StateAccumulator(stateKind)
    }

    /// States that a search looks ahead. Of weights that circle on the spot a mean comes true as well, but there is
    /// nowhere to jump.
    private var longestHorizon: Int { nowcaster.looksAhead ? schedule.horizons[0] : 1 }

    /// Steps from one recorded state to the next.
    private var interval: Int { length.steps(after: completedSteps) }

    /// False if the next step is a nowcast: then no forward and backward pass is needed.
    public var needsGradients: Bool {
        !(recordsAtNextStep && states.count >= StateHistory.contextLength - 1)
    }

    /// True if the next step looks at the weights: to record them, or to nowcast.
    public var needsWeights: Bool { stateKind == .mean || recordsAtNextStep }

    private var recordsAtNextStep: Bool { (completedSteps + 1).isMultiple(of: interval) }

    /// Takes one step.
    ///
    /// - Parameters:
    ///   - weights: shape [parameters], changed in place.
    ///   - gradients: shape [parameters]; must be given when `needsGradients` says so, and is ignored otherwise.
    ///   - losses: losses of weights of shape [parameters] on a few training batches, the same ones at every call of
    ///     this step. `.search`
    ///     needs it when no gradients are needed.
    /// - Throws: what the nowcaster and `losses` throw; then nothing has changed.
    public mutating func step(_ weights: Tensor, gradients: Tensor?, losses: ((Tensor) throws -> [Double])? = nil)
        throws -> Event
    {
        precondition(weights.count == parameters.count, "expected \(parameters.count) weights, found \(weights.count)")
        guard needsGradients else { return try nowcast(weights, losses) }
        guard let gradients else { preconditionFailure("step \(completedSteps) needs gradients") }
        precondition(
            gradients.count == parameters.count, "expected \(parameters.count) gradients, found \(gradients.count)")
        recorded.add(weights)
        if recordsAtNextStep {
            states.append(recorded.state(weights))
            statesSinceJump += 1
            recorded = StateAccumulator(stateKind)
        }
        base.step(weights, gradients: gradients)
        completedSteps += 1
        return .updated
    }

    private mutating func nowcast(_ weights: Tensor, _ losses: ((Tensor) throws -> [Double])?) throws -> Event {
        var newest = recorded
        newest.add(weights)
        let history = try StateHistory(
            states.suffix(StateHistory.contextLength - 1) + [newest.state(weights)], parameters: parameters)
        let event: Event
        switch policy {
        case .schedule: event = try replace(weights, history)
        case .search:
            guard let losses else { preconditionFailure("step \(completedSteps) needs losses") }
            event = try search(weights, history, losses)
        }
        recorded = StateAccumulator(stateKind)
        completedSteps += 1
        if length.grows(after: completedSteps) { growStates() }
        return event
    }

    private mutating func replace(_ weights: Tensor, _ history: StateHistory) throws -> Event {
        let horizon = schedule.horizon(atStep: completedSteps)
        let predicted = try nowcaster.nowcast(history, horizon: horizon, graph: graph)
        states = []
        if let name = Self.firstNotFinite(predicted, parameters) { return .refused(horizon: horizon, parameter: name) }
        weights.values.baseAddress!.update(from: predicted.address, count: weights.count)
        return .nowcast(horizon: horizon)
    }

    private mutating func search(_ weights: Tensor, _ history: StateHistory, _ losses: (Tensor) throws -> [Double])
        throws -> Event
    {
        let forecasts = try Forecasts(history, longest: longestHorizon, by: nowcaster, graph: graph)
        let search = NowcastSearch(forecasts: forecasts, longest: longestHorizon)
        let foresight = nextForesight(history, forecasts)
        let age = (completedSteps + 1) / interval
        let outcome = try search.run(
            history, weights: weights, passedTrial: foresight.isProven, age: age, losses: losses)
        self.foresight = foresight
        states = (states + history.states.suffix(1)).suffix(length.mostKept(after: completedSteps))
        statesSinceJump += 1
        found = (outcome?.best).map(EvaluationWeights.init)
        guard let outcome else {
            return .refused(horizon: 1, parameter: Self.firstNotFinite(history.states.last!, parameters) ?? "")
        }
        guard let goal = outcome.farthest, statesSinceJump >= Self.leastStatesBetweenJumps else { return .looked }
        jump(weights, to: goal.weights, newest: states.last!, near: outcome.near)
        return .nowcast(horizon: goal.horizon)
    }

    /// What was foretold of short states is not to be compared with long ones.
    private mutating func growStates() {
        // An odd number is left after `forgetStates`.
        if !states.count.isMultiple(of: 2) { states.removeFirst() }
        states = StateSchedule.joined(states, stateKind)
        if !foresight.isProven { foresight = .unknown }
    }

    /// What is known with the newest state; a new trial follows one that failed.
    private func nextForesight(_ history: StateHistory, _ forecasts: Forecasts) -> Foresight {
        guard !foresight.isProven, longestHorizon >= NowcastTrial.horizon else { return foresight }
        let newest = history.states[StateHistory.contextLength - 1]
        if case .onTrial(var trial) = foresight {
            trial.age += 1
            guard trial.isDue else { return .onTrial(trial) }
            if trial.passes(newest) { return .proven }
        }
        return .onTrial(NowcastTrial(start: newest, forecast: forecasts[NowcastTrial.horizon]))
    }

    /// Replaces the parameters; states, and a trial under way, become those of a training that came there by itself.
    ///
    /// - Parameter near: one state ahead of `newest`. A mean lies half a state back, so training stands in the middle
    ///   between the two.
    private mutating func jump(_ weights: Tensor, to goal: Tensor, newest: Tensor, near: Tensor) {
        let way = goal.values.indices.map { goal.values[$0] - (newest.values[$0] + near.values[$0]) / 2 }
        func moved(_ old: Tensor) -> Tensor { Tensor(shape: old.shape, values: zip(old.values, way).map(+)) }
        weights.values.baseAddress!.update(from: goal.address, count: weights.count)
        states = states.map(moved)
        if case .onTrial(let trial) = foresight {
            foresight = .onTrial(
                NowcastTrial(start: moved(trial.start), forecast: moved(trial.forecast), age: trial.age))
        }
        statesSinceJump = 0
    }

    /// What a run has to show besides the weights that training goes on with.
    ///
    /// After a search, the best that it found. Some steps later, the best of that, of the mean of all weights since the
    /// state before the newest, of the mean of as many as two states have, and of the weights as they are.
    ///
    /// - Parameters:
    ///   - weights: those that training stands at, shape [parameters].
    ///   - losses: as for `step`.
    /// - Returns: nil before the first search, and with `.schedule`.
    /// - Throws: what `losses` throws.
    public func evaluationWeights(_ weights: Tensor, losses: (Tensor) throws -> [Double]) throws -> EvaluationWeights? {
        guard let found, recorded.count > 0, let newest = states.last else { return found }
        let candidates = [
            try NowcastCandidate(found.weights, horizon: found.horizon, losses: losses),
            try recorded.mean(with: newest, of: interval).flatMap {
                try NowcastCandidate($0, horizon: 0, losses: losses)
            },
            try recorded.slidingMean(with: states, of: interval).flatMap {
                try NowcastCandidate($0, horizon: 0, losses: losses)
            },
            try NowcastCandidate(weights, horizon: 0, losses: losses),
        ].compactMap { $0 }
        return candidates.min { $0.loss < $1.loss }.map(EvaluationWeights.init)
    }

    /// Begins to record anew, and to trust no nowcast: for weights that did not come about by training, such as those
    /// from before a jump.
    public mutating func forgetStates() {
        (states, found, statesSinceJump, foresight) = ([], nil, 0, .unknown)
        recorded = StateAccumulator(stateKind)
    }

    private static func firstNotFinite(_ values: Tensor, _ parameters: ParameterList) -> String? {
        values.values.firstIndex { !$0.isFinite }.map { parameters.entry(containing: $0)?.name ?? "" }
    }
}

extension NowcastingOptimizer {
    private static var baseName: String { "base." }
    private static var stepName: String { "nowcast.completed_steps" }
    private static var periodName: String { "nowcast.period" }
    private static var sinceJumpName: String { "nowcast.states_since_jump" }
    private static var horizonName: String { "nowcast.horizon" }
    private static var stateStepsName: String { "nowcast.state_steps" }
    private static var trialStartName: String { "nowcast.trial_start" }
    private static var trialForecastName: String { "nowcast.trial_forecast" }
    private static var trialAgeName: String { "nowcast.trial_age" }
    private static var passedName: String { "nowcast.passed_trial" }
    private static var statesName: String { "nowcast.states" }
    private static var recordedName: String { "nowcast.recorded" }
    private static var weightsName: String { "nowcast.weights" }
    private static var meanName: String { "nowcast.mean" }
    private static func stateName(_ index: Int) -> String { "nowcast.state_\(index)" }

    /// Recorded states, step count and the base optimizer's state: with the parameters, all that the run depends on.
    public var savedState: SavedOptimizerState {
        var saved = base.savedState.prefixed(Self.baseName)
        saved.counters[Self.stepName] = completedSteps
        saved.counters[Self.periodName] = schedule.period
        saved.counters[Self.statesName] = states.count
        saved.counters[Self.recordedName] = recorded.count
        if policy == .search {
            saved.counters[Self.sinceJumpName] = statesSinceJump
            saved.counters[Self.stateStepsName] = interval
            saved.counters[Self.passedName] = foresight.isProven ? 1 : 0
        }
        if case .onTrial(let trial) = foresight {
            saved.tensors[Self.trialStartName] = trial.start
            saved.tensors[Self.trialForecastName] = trial.forecast
            saved.counters[Self.trialAgeName] = trial.age
        }
        saved.tensors[Self.weightsName] = found?.weights
        saved.counters[Self.horizonName] = found?.horizon
        if !recorded.mean.isEmpty {
            saved.tensors[Self.meanName] = Tensor(shape: [recorded.mean.count], values: recorded.mean)
        }
        for (index, state) in states.enumerated() { saved.tensors[Self.stateName(index)] = state }
        return saved
    }

    /// - Throws: `savedNumber`, `savedTensorMissing`, `savedTensorShape`, and what the base optimizer throws; then
    ///   nothing has changed.
    public mutating func restore(_ saved: SavedOptimizerState) throws {
        let step = try saved.counter(Self.stepName)
        let period = try saved.counter(Self.periodName)
        guard period == schedule.period else {
            throw NowcastError.savedNumber(name: Self.periodName, expected: "\(schedule.period)", found: "\(period)")
        }
        let sinceJump = policy == .search ? try saved.counter(Self.sinceJumpName) : 0
        let interval = length.steps(after: step)
        if policy == .search, case let found = try saved.counter(Self.stateStepsName), found != interval {
            throw NowcastError.savedNumber(name: Self.stateStepsName, expected: "\(interval)", found: "\(found)")
        }
        func optional(_ name: String) throws -> Tensor? {
            try saved.tensors[name] == nil ? nil : saved.tensor(name, count: parameters.count)
        }
        let found = try optional(Self.weightsName).map {
            EvaluationWeights(weights: $0, horizon: try saved.counter(Self.horizonName))
        }
        let passed = policy == .search ? try saved.counter(Self.passedName) : 0
        let trial = try optional(Self.trialStartName).map {
            NowcastTrial(
                start: $0, forecast: try saved.tensor(Self.trialForecastName, count: parameters.count),
                age: try saved.counter(Self.trialAgeName))
        }
        // Both follow from the step, unless states were forgotten.
        let kept =
            saved.counters[Self.statesName]
            ?? (policy == .search ? length.kept(after: step) : step / interval % StateHistory.contextLength)
        let count = saved.counters[Self.recordedName] ?? step % interval
        var states: [Tensor] = []
        for index in 0..<max(0, kept) {
            let state = try saved.tensor(Self.stateName(index), count: parameters.count)
            states.append(Tensor(shape: [state.count], values: state.array))
        }
        let mean = stateKind == .mean && count > 0 ? try saved.tensor(Self.meanName, count: parameters.count).array : []
        try base.restore(saved.part(Self.baseName))
        (completedSteps, self.states, recorded) = (step, states, StateAccumulator(stateKind, mean: mean, count: count))
        (statesSinceJump, self.found) = (sinceJump, found)
        foresight = passed == 1 ? .proven : trial.map(Foresight.onTrial) ?? .unknown
    }
}
