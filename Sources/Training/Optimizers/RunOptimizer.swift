import NeuralGraphs
import Nowcasting
import Tensors

/// A nowcaster with what it needs to know of the model; one value serves any number of runs.
public struct RunNowcaster: Sendable {
    public let nowcaster: any Nowcaster
    /// Nil where the nowcaster needs no graph.
    public let graph: GraphInput?
    /// Tells nowcasters of one label apart, such as a check sum of the file that it was read from.
    public let identity: String
    /// What the nowcaster was trained on.
    public let stateKind: StateKind

    public init(_ nowcaster: any Nowcaster, graph: GraphInput?, identity: String, stateKind: StateKind = .snapshot) {
        self.stateKind = stateKind
        self.nowcaster = nowcaster
        self.graph = graph
        self.identity = identity
    }
}

/// Any base optimizer.
struct AnyBaseOptimizer: BaseOptimizer {
    private var base: any BaseOptimizer

    init(_ base: any BaseOptimizer) {
        self.base = base
    }

    var savedState: SavedOptimizerState { base.savedState }

    mutating func step(_ weights: Tensor, gradients: Tensor) {
        base.step(weights, gradients: gradients)
    }

    mutating func restore(_ state: SavedOptimizerState) throws {
        try base.restore(state)
    }
}

/// What takes the steps of a run: a base optimizer alone, or one that nowcasts.
///
/// Two optionals rather than an enum, so that moments are changed in place: taking a payload out of an enum would copy
/// them at every step.
struct RunOptimizer {
    typealias Event = NowcastingOptimizer<AnyBaseOptimizer>.Event

    private var base: AnyBaseOptimizer?
    private var nowcasting: NowcastingOptimizer<AnyBaseOptimizer>?

    /// - Throws: `NowcastError.setting`, `graphMissing`.
    init(_ settings: TrainingSettings, parameters: ParameterList, nowcaster: RunNowcaster?) throws(NowcastError) {
        let base = settings.optimizer.make(
            count: parameters.count, learningRate: settings.learningRate, weightDecay: settings.weightDecay)
        guard let nowcaster else {
            self.base = base
            return
        }
        nowcasting = try NowcastingOptimizer(
            base, nowcaster: nowcaster.nowcaster, graph: nowcaster.graph, parameters: parameters,
            period: settings.period,
            firstHorizon: settings.firstHorizon, stateKind: settings.states ?? nowcaster.stateKind,
            policy: settings.policy ?? .standard,
            maxTrainSteps: settings.steps)
    }

    var needsGradients: Bool { nowcasting?.needsGradients ?? true }

    /// The weights to evaluate besides those of training; as `NowcastingOptimizer.evaluationWeights`.
    func evaluationWeights(_ weights: Tensor, losses: (Tensor) throws -> [Double]) throws -> EvaluationWeights? {
        try nowcasting?.evaluationWeights(weights, losses: losses)
    }

    /// Changes `weights` in place.
    ///
    /// - Parameter losses: of any weights, on a few training batches.
    /// - Throws: `NowcastError`, and what `losses` throws.
    mutating func step(_ weights: Tensor, gradients: Tensor, losses: @escaping (Tensor) throws -> [Double]) throws
        -> Event
    {
        guard nowcasting != nil else {
            base!.step(weights, gradients: gradients)
            return .updated
        }
        return try nowcasting!.step(weights, gradients: gradients, losses: losses)
    }

    var savedState: SavedOptimizerState { nowcasting?.savedState ?? base!.savedState }

    /// - Parameter step: completed steps of the run, which a nowcasting optimizer's own count must equal.
    /// - Throws: `NowcastError` for what is missing or of another size; `checkpointInvalid`.
    mutating func restore(_ state: SavedOptimizerState, step: Int, file: String) throws {
        guard nowcasting != nil else { return try base!.restore(state) }
        try nowcasting!.restore(state)
        let count = nowcasting!.completedSteps
        guard count == step else {
            throw TrainingError.checkpointInvalid(
                file: file, key: "steps of the nowcasting optimizer", expected: "\(step)", found: "\(count)")
        }
    }
}
