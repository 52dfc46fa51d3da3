import Checkpoints
import Foundation
import Nowcasting
import Tensors

/// One training run: a base optimizer, with or without nowcasts, on one task from one seed.
///
/// The weights after each step are a function of the settings, the model and the data: neither the number of threads
/// nor interruptions change a bit. Not safe for use from several threads at once.
public final class Trainer {
    public let settings: TrainingSettings
    let runner: ModelRunner
    let data: any DataSource
    let folder: RunFolder?
    let identity: TrainingCheckpoint.Identity
    var optimizer: RunOptimizer
    var state = RunState()
    /// Nil if nothing is kept.
    var kept: KeptStates?
    private let observers: [any TrainingObserver]
    private var order: BatchOrder
    var metrics: MetricsFile?
    private var hasStarted = false
    var lastSave = ContinuousClock.now

    /// Completed steps.
    public var step: Int { state.step }
    /// True once the target is reached or the budget spent.
    public var isFinished: Bool { state.step >= settings.steps || state.stepsToTarget(settings) != nil }
    /// The run so far.
    public var result: RunResult { state.result(settings) }
    /// The run so far, judged by another target than the one it stops at.
    public func result(target: Double) -> RunResult {
        var settings = settings
        settings.target = target
        return state.result(settings)
    }
    /// All weights end to end.
    public var weights: [Float] { runner.weights.array }
    /// By name.
    var buffers: [String: [Float]] {
        Dictionary(uniqueKeysWithValues: runner.buffers.map { ($0.name, $0.tensor.array) })
    }

    /// How a run uses its folder.
    public enum Start: Sendable {
        /// From step 0. A folder with a run, finished or not, is refused.
        case fresh
        /// From the folder's checkpoint, which must be there; with more steps or another target if they are given.
        case resume
        /// From the folder's checkpoint if there is one.
        case resumeIfPossible
    }

    /// - Parameters:
    ///   - nowcaster: nil for the base optimizer alone.
    ///   - folder: where to keep checkpoints and metrics; nil for nowhere.
    ///   - keep: keeps the weights there every so many steps, from the first ones on, and beside them their mean over
    ///     the steps since the time before; nil for never.
    /// - Throws: `invalidSetting`, `tooFewExamples`, `modelDoesNotFit`, `tooFewLogits`, `checkpointExists`,
    ///   `nothingToResume`, `otherRun`, `checkpointInvalid`, and the errors of reading and writing files.
    public init(
        settings: TrainingSettings, model: TrainableModel, data: any DataSource, nowcaster: RunNowcaster? = nil,
        folder: RunFolder? = nil, start: Start = .fresh, keep: Int? = nil, observers: [any TrainingObserver] = []
    ) throws {
        try settings.validate()
        guard data.trainingCount > 0, data.evaluationCount > 0 else {
            throw TrainingError.tooFewExamples(name: settings.task, expected: 1, found: 0)
        }
        try model.check(fits: data, task: settings.task)
        self.settings = settings
        self.data = data
        self.folder = folder
        kept = folder == nil ? nil : keep.map(KeptStates.init)
        self.observers = observers
        runner = ModelRunner(model, seed: settings.seed)
        order = BatchOrder(
            exampleCount: data.trainingCount, batchSize: settings.batchSize, seed: settings.seed, order: data.order)
        optimizer = try RunOptimizer(
            settings, parameters: model.parameters, weights: runner.weights, tables: try model.tables(of: data),
            nowcaster: nowcaster)
        identity = TrainingCheckpoint.Identity(
            settings: settings, configuration: model.configuration,
            nowcaster: nowcaster?.identity ?? RunResult.baseline,
            data: data.identity)
        try prepareFolder(start)
    }

    /// Trains until the target or the end of the budget, then writes what a finished run leaves; or until `limit`.
    ///
    /// - Parameter limit: completed steps at which to pause, to be continued by a further call; nil for no pause.
    /// - Returns: false if it was cancelled. The folder then holds a checkpoint of the last step.
    /// - Throws: `lossNotFinite`, and the errors of the model, the nowcaster (`NowcastError`) and the files.
    @discardableResult
    public func run(until limit: Int? = nil, cancellation: Cancellation = Cancellation()) throws -> Bool {
        let clock = ContinuousClock()
        var last = clock.now
        func measure() {
            let now = clock.now
            state.seconds += (now - last) / .seconds(1)
            last = now
        }
        if !hasStarted { notify(.started(step: state.step)) }
        hasStarted = true
        while !isFinished, state.step < limit ?? .max {
            if cancellation.isRequested {
                measure()
                try save()
                return false
            }
            try keepState()
            try takeStep()
            if state.step % settings.evaluationInterval == 0 || state.step == settings.steps {
                measure()
                try evaluate()
                if !isFinished, state.step % saveInterval == 0 || clock.now - lastSave > .seconds(10) { try save() }
            }
            measure()
        }
        try keepState()
        if isFinished { try finish() }
        return true
    }

    /// Steps from one checkpoint to the next, unless ten seconds pass earlier: ten evaluations.
    private var saveInterval: Int { 10 * settings.evaluationInterval }

    /// One step: a nowcast when five states are there, else a batch, its gradient, and an update.
    private func takeStep() throws {
        let step = state.step
        var loss: Float?
        if optimizer.needsGradients {
            let examples = order.batch(atStep: step)
            let batch = data.trainingBatch(examples)
            let value = try runner.lossAndGradient(
                batch, count: examples.count, types: data.inputTypes(count: examples.count))
            guard value.isFinite else { throw TrainingError.lossNotFinite(step: step + 1, loss: value) }
            loss = value
            state.lossSum += Double(value)
            state.lossCount += 1
        }
        let event = try optimizer.step(runner.weights, gradients: runner.gradient, losses: lossesOfNextBatches())
        state.step += 1
        notify(.stepped(step: state.step, loss: loss))
        switch event {
        case .updated: break
        case .looked: state.nowcastSteps.append(state.step)
        case .nowcast(let horizon):
            state.nowcastSteps.append(state.step)
            state.jumpSteps.append(state.step)
            notify(.nowcast(step: state.step, horizon: horizon))
        case .refused(let horizon, let parameter):
            notify(.nowcastRefused(step: state.step, horizon: horizon, parameter: parameter))
        }
    }

    /// What weights are judged by in a nowcast: the losses of the batches that come next, beginning with the one that a
    /// nowcast leaves out.
    private func lossesOfNextBatches() -> (Tensor) throws -> [Double] {
        var batches: [(values: [String: Value], count: Int)]?
        return { [self] weights in
            if batches == nil {
                var order = order
                batches = (0..<Self.batchesOfNowcast).map { index in
                    let examples = order.batch(atStep: state.step + index)
                    return (data.trainingBatch(examples), examples.count)
                }
            }
            state.searchPasses = (state.searchPasses ?? 0) + Self.batchesOfNowcast
            return try runner.withWeights(weights) {
                try batches!.map {
                    try runner.loss($0.values, count: $0.count, types: data.inputTypes(count: $0.count))
                }
            }
        }
    }

    /// Enough to tell candidates of a nowcast apart, and few enough to cost little beside two hundred steps.
    private static let batchesOfNowcast = 4

    /// The same whenever it is asked between two steps.
    func evaluationWeights() throws -> EvaluationWeights? {
        try optimizer.evaluationWeights(runner.weights, losses: lossesOfNextBatches())
    }

    private func evaluate() throws {
        let better = try evaluationWeights()
        let judged = better?.weights ?? optimizer.baseEvaluationWeights(runner.weights)
        let (testLoss, accuracy) = try runner.withWeights(judged) { try runner.evaluate(on: data) }
        guard testLoss.isFinite else { throw TrainingError.lossNotFinite(step: state.step, loss: Float(testLoss)) }
        let perplexity = data.hasPerplexity ? Foundation.exp(testLoss) : .infinity
        let evaluation = Evaluation(
            step: state.step, loss: state.lossCount == 0 ? nil : state.lossSum / Double(state.lossCount),
            testLoss: testLoss,
            perplexity: perplexity.isFinite ? perplexity : nil, accuracy: accuracy, seconds: state.seconds,
            nowcasts: state.nowcastSteps.count,
            horizon: better?.horizon, searchPasses: state.searchPasses, averages: try evaluateAverages())
        state.lossSum = 0
        state.lossCount = 0
        state.evaluations.append(evaluation)
        try metrics?.append(evaluation)
        notify(.evaluated(evaluation))
    }

    private func evaluateAverages() throws -> [String: AverageScore]? {
        let averages = optimizer.averagedWeights
        guard !averages.isEmpty else { return nil }
        return try averages.reduce(into: [:]) { scores, average in
            let weights = Tensor(shape: [average.values.count], values: average.values)
            let (testLoss, accuracy) = try runner.withWeights(weights) { try runner.evaluate(on: data) }
            guard testLoss.isFinite else { return }
            scores[average.kind.name] = AverageScore(testLoss: testLoss, accuracy: accuracy)
        }
    }

    func notify(_ event: TrainingEvent) {
        for observer in observers { observer.observe(event, of: settings) }
    }
}
