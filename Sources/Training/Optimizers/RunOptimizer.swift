import NeuralGraphs
import Nowcasting
import Tensors

/// What takes the steps of a run: a base optimizer alone, or one that nowcasts; and the averages judged beside it.
struct RunOptimizer {
    typealias Event = NowcastingOptimizer<SharedOptimizer>.Event

    private let base: SharedOptimizer
    private var nowcasting: NowcastingOptimizer<SharedOptimizer>?
    private var averages: WeightAverages

    /// - Parameters:
    ///   - weights: as they are before the first step.
    ///   - tables: names of the matrices whose rows are looked up.
    /// - Throws: `NowcastError.setting`, `graphMissing`.
    init(
        _ settings: TrainingSettings, parameters: ParameterList, weights: Tensor, tables: Set<String>,
        nowcaster: RunNowcaster?
    ) throws(NowcastError) {
        base = SharedOptimizer(settings.makeOptimizer(parameters, tables: tables))
        averages = WeightAverages(settings.averages ?? [], initial: weights)
        guard let nowcaster else { return }
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

    /// The weights to judge where the base optimizer does not mean those being trained.
    func baseEvaluationWeights(_ weights: Tensor) -> Tensor? { base.evaluationWeights(weights) }

    /// The averages so far, shape [parameters] each.
    var averagedWeights: [(kind: AverageKind, values: [Float])] { averages.weights }

    /// Changes `weights` in place.
    ///
    /// - Parameter losses: of any weights, on a few training batches.
    /// - Throws: `NowcastError`, and what `losses` throws.
    mutating func step(_ weights: Tensor, gradients: Tensor, losses: @escaping (Tensor) throws -> [Double]) throws
        -> Event
    {
        defer { averages.record(weights) }
        guard nowcasting != nil else {
            base.step(weights, gradients: gradients)
            return .updated
        }
        return try nowcasting!.step(weights, gradients: gradients, losses: losses)
    }

    var savedState: SavedOptimizerState {
        var state = nowcasting?.savedState ?? base.savedState
        averages.save(into: &state)
        return state
    }

    /// - Parameters:
    ///   - step: completed steps of the run, which a nowcasting optimizer's own count must equal.
    ///   - size: number of weights.
    /// - Throws: `NowcastError` for what is missing or of another size; `checkpointInvalid`.
    mutating func restore(_ state: SavedOptimizerState, step: Int, count size: Int, file: String) throws {
        try averages.restore(state, count: size)
        guard nowcasting != nil else { return try base.restore(state) }
        try nowcasting!.restore(state)
        let count = nowcasting!.completedSteps
        guard count == step else {
            throw TrainingError.checkpointInvalid(
                file: file, key: "steps of the nowcasting optimizer", expected: "\(step)", found: "\(count)")
        }
    }
}
