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

    public internal(set) var base: Base
    public let nowcaster: any Nowcaster
    public let parameters: ParameterList
    public let schedule: HorizonSchedule
    public let stateKind: StateKind
    public let policy: NowcastPolicy
    /// Completed steps.
    public internal(set) var completedSteps = 0

    private let graph: GraphInput?
    let length: StateSchedule
    var states: [Tensor] = []
    var recorded: StateAccumulator
    /// Complete states since the parameters were last replaced.
    var statesSinceJump = 0
    var foresight = Foresight.unknown
    /// The best that the last `.search` found.
    var found: EvaluationWeights?

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
    private var longestHorizon: Int { nowcaster.looksAhead ? schedule.horizon(atStep: 0) : 1 }

    /// Steps from one recorded state to the next.
    var interval: Int { length.steps(after: completedSteps) }

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
        growStates()
        return .updated
    }

    /// Steps until one completes a state, or until the next nowcast, which is not one of them.
    public var stepsToState: Int {
        let steps = interval - completedSteps % interval
        return states.count >= StateHistory.contextLength - 1 ? steps - 1 : steps
    }

    /// Records several steps at once, which are nobody's to take any more.
    ///
    /// - Parameters:
    ///   - mean: of the weights that the steps started from, shape [parameters].
    ///   - steps: 1 to `stepsToState`. States have to be means.
    public mutating func record(_ mean: Tensor, steps: Int) {
        precondition(stateKind == .mean && (1...stepsToState).contains(steps))
        recorded.add(mean, count: steps)
        completedSteps += steps
        guard completedSteps.isMultiple(of: length.steps(after: completedSteps - 1)) else { return }
        states.append(recorded.state(mean))
        statesSinceJump += 1
        recorded = StateAccumulator(stateKind)
        growStates()
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
        growStates()
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

    /// Where states become longer: what was foretold of short ones is not to be compared with long ones.
    private mutating func growStates() {
        guard length.grows(after: completedSteps) else { return }
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
