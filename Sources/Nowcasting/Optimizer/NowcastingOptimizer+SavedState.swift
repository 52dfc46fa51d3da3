import Tensors

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
        let kept = try saved.counter(
            Self.statesName,
            otherwise: policy == .search ? length.kept(after: step) : step / interval % StateHistory.contextLength)
        let count = try saved.counter(Self.recordedName, otherwise: step % interval)
        var states: [Tensor] = []
        for index in 0..<kept {
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
