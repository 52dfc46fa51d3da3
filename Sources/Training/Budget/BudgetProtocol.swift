import Foundation
import Nowcasting
import Tensors

/// Runs a plan: tunes the learning rate of every method, then trains it from every seed to the end of every budget.
///
/// Every run has a folder, from which an interrupted protocol goes on. What finished runs came to stands in
/// `BudgetLedger`; those are not repeated.
public final class BudgetProtocol {
    /// What a task of the plan needs, and what it trains.
    public struct Problem {
        public let description: TaskDescription
        public internal(set) var model: TrainableModel
        /// In words, the run whose last weights the others start from.
        var start: String?
        public let data: any DataSource
        /// By the plan's name of the nowcaster.
        public let nowcaster: (String) throws -> RunNowcaster?

        public init(
            description: TaskDescription, model: TrainableModel, data: any DataSource,
            nowcaster: @escaping (String) throws -> RunNowcaster?
        ) {
            (self.description, self.model, self.data) = (description, model, data)
            self.nowcaster = nowcaster
        }
    }

    /// Where the protocol is: for one line of progress.
    public struct Progress: Sendable {
        public let task: String
        public let method: String
        /// What the run is for: "rate ×2" or "seed 2001, 5000 steps".
        public let purpose: String
        public let step: Int
        public let steps: Int
        public let doneRuns: Int
        public let allRuns: Int
    }

    private let plan: BudgetPlan
    private let folder: String
    private let problem: (BudgetPlan.Task, BudgetPlan.Start?) throws -> Problem
    private let onProgress: (Progress) -> Void
    private let plugins = PluginLock()
    public private(set) var table: BudgetTable

    /// - Parameters:
    ///   - folder: holds a folder a run.
    ///   - problem: loads a task, with its own data, or those of the run that it starts from.
    ///   - onProgress: called from one thread at a time.
    public init(
        _ plan: BudgetPlan, folder: String,
        problem: @escaping (BudgetPlan.Task, BudgetPlan.Start?) throws -> Problem,
        onProgress: @escaping (Progress) -> Void = { _ in }
    ) {
        (self.plan, self.folder, self.problem, self.onProgress) = (plan, folder, problem, onProgress)
        table = BudgetTable(budgets: plan.budgets, seeds: plan.seeds, factors: plan.tuning.factors)
    }

    /// Loads all that the plan names, so that nothing of it turns out to be missing after hours.
    ///
    /// - Throws: the errors of loading, and of models that cannot learn their tasks.
    public func check() throws {
        for task in plan.tasks {
            let own = try problem(task, nil)
            try own.model.check(fits: own.data, task: own.description.name)
            for name in plan.methods.compactMap(\.nowcaster).distinct() { _ = try own.nowcaster(name) }
            guard let start = task.start else { continue }
            let source = try problem(task, start)
            try source.model.check(fits: source.data, task: source.description.name)
        }
    }

    /// Trains what is not done yet. Methods are run side by side: small models gain little from a second thread.
    ///
    /// - Parameter jobs: runs at the same time, each on one thread; with 1, a run has all of them. They change no bit.
    /// - Returns: false if it was cancelled; the table then holds what is done.
    /// - Throws: the errors of loading and training, those of the run that failed first; a run that diverges counts as
    ///   the worst of all.
    public func run(jobs: Int = 1, cancellation: Cancellation = Cancellation()) throws -> Bool {
        let ledger = try BudgetLedger(folder: folder, steps: Set(plan.budgets + [plan.tuning.steps]))
        let runs = plan.tasks.count * plan.methods.map { MethodRuns.count($0, plan) }.reduce(0, +)
        let progress = BudgetProgress(allRuns: runs, cancellation: cancellation, onProgress: onProgress)
        var parts: [MethodRuns] = []
        for task in plan.tasks {
            guard let problem = try startedProblem(task, cancellation: cancellation) else { break }
            parts += try plan.methods.map {
                try MethodRuns(
                    $0, of: task, in: plan, problem: problem, folder: folder, ledger: ledger, progress: progress)
            }
        }
        Parallel.forEachWithWorker(parts.count, workers: jobs) { index, _ in
            do {
                try parts[index].run()
            } catch {
                progress.fail(error)
            }
        }
        for part in parts { table.append(part.table) }
        if let failure = progress.failure { throw failure }
        return parts.count == plan.tasks.count * plan.methods.count && parts.allSatisfy(\.isComplete)
    }

    /// The problem with the weights that its fine-tuning starts from; nil when cancelled.
    private func startedProblem(_ task: BudgetPlan.Task, cancellation: Cancellation) throws -> Problem? {
        var own = try problem(task, nil)
        own.model = plugins.guarding(own.model)
        guard let start = task.start else { return own }
        let source = try problem(task, start)
        var settings = TrainingSettings(task: source.description, seed: start.seed)
        (settings.steps, settings.target) = (start.steps, settings.metric.unreachable)
        settings.learningRate = task.lr ?? settings.learningRate
        settings.schedule = .linear
        let place = RunFolder("\(folder)/\(task.name)/start")
        let trainer = try Trainer(
            settings: settings, model: source.model, data: source.data, folder: place, start: .resumeIfPossible)
        guard try trainer.run(cancellation: cancellation) else { return nil }
        own.model = own.model.starting(
            from: trainer.weights, buffers: trainer.buffers, name: "\(task.name)/start")
        let rate = String(format: "%g", settings.learningRate)
        own.start = "\(start.steps) steps at \(rate), seed \(start.seed), of \(source.data.identity)"
        return own
    }
}
