import Foundation
import Nowcasting

/// Runs a plan: tunes the learning rate of every method, then trains it from every seed to the end of every budget.
///
/// Every run has a folder, from which an interrupted protocol goes on. What finished runs came to stands in
/// `BudgetLedger`; those are not repeated.
public final class BudgetProtocol {
    /// What a task of the plan needs, and what it trains.
    public struct Problem {
        public let description: TaskDescription
        public let model: TrainableModel
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
    private var doneRuns = 0
    private var ledger: BudgetLedger?
    public private(set) var table: BudgetTable

    /// - Parameters:
    ///   - folder: holds a folder a run.
    ///   - problem: loads a task, with its own data, or those of the run that it starts from.
    public init(
        _ plan: BudgetPlan, folder: String,
        problem: @escaping (BudgetPlan.Task, BudgetPlan.Start?) throws -> Problem,
        onProgress: @escaping (Progress) -> Void = { _ in }
    ) {
        (self.plan, self.folder, self.problem, self.onProgress) = (plan, folder, problem, onProgress)
        table = BudgetTable(budgets: plan.budgets, seeds: plan.seeds, factors: plan.tuning.factors)
    }

    private func runsOfMethod(_ method: BudgetPlan.Method) -> Int {
        plan.tuning.factors.count
            + plan.seeds.count * (method.isBudgetFree ? 1 : plan.budgets.count) * JudgedWeights.all(of: method).count
    }

    private var allRuns: Int { plan.tasks.count * plan.methods.map(runsOfMethod).reduce(0, +) }

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

    /// - Returns: false if it was cancelled; the table then holds what is done.
    /// - Throws: the errors of loading and training; a run that diverges counts as the worst of all.
    public func run(cancellation: Cancellation = Cancellation()) throws -> Bool {
        ledger = try BudgetLedger(folder: folder, steps: Set(plan.budgets + [plan.tuning.steps]))
        for task in plan.tasks {
            let problem = try startedProblem(task, cancellation: cancellation)
            guard let problem else { return false }
            for method in plan.methods {
                guard let factors = try tune(method, task, problem, cancellation) else { return false }
                for (judged, factor) in factors {
                    guard try measure(method, task, problem, judged, factor: factor, cancellation) else { return false }
                }
            }
        }
        return true
    }

    /// The problem with the weights that its fine-tuning starts from; nil when cancelled.
    private func startedProblem(_ task: BudgetPlan.Task, cancellation: Cancellation) throws -> Problem? {
        let own = try problem(task, nil)
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
        let model = own.model.starting(from: trainer.weights, name: "\(task.name)/start")
        return Problem(
            description: own.description, model: model, data: own.data, nowcaster: own.nowcaster)
    }

    /// The best factor at the end of the short runs, for the weights and for their averages: what is averaged may
    /// well want a higher rate. Nil when cancelled.
    private func tune(
        _ method: BudgetPlan.Method, _ task: BudgetPlan.Task, _ problem: Problem, _ cancellation: Cancellation
    ) throws -> [(JudgedWeights, factor: Double)]? {
        let judgements = JudgedWeights.all(of: method)
        let metric = problem.description.metric
        var best = [(factor: Double, value: Double)?](repeating: nil, count: judgements.count)
        for factor in plan.tuning.factors {
            let settings = settings(
                method, task, problem, seed: plan.tuning.seed, steps: plan.tuning.steps, factor: factor)
            let result = try train(
                settings, problem, method, task, purpose: "rate ×\(trimmed(factor))", judgedAt: [plan.tuning.steps],
                cancellation)
            guard let result else { return nil }
            for (index, judged) in judgements.enumerated() {
                guard let value = judged.best(of: result, at: plan.tuning.steps) else { continue }
                if let known = best[index]?.value, metric.better(known, value) == known { continue }
                best[index] = (factor, value)
            }
        }
        return try zip(judgements, best).map { judged, best in
            guard let best else {
                throw TrainingError.invalidSetting(
                    name: "tuning.factors", allowed: "a rate at which \(method.name) learns \(task.name)",
                    found: "divergence at all of \(plan.tuning.factors)")
            }
            return (judged, best.factor)
        }
    }

    /// Runs that serve both judgements are trained once: they share their folder.
    private func measure(
        _ method: BudgetPlan.Method, _ task: BudgetPlan.Task, _ problem: Problem, _ judged: JudgedWeights,
        factor: Double, _ cancellation: Cancellation
    ) throws -> Bool {
        let lengths = method.isBudgetFree ? [plan.budgets.max()!] : plan.budgets
        for seed in plan.seeds {
            for steps in lengths {
                let settings = settings(method, task, problem, seed: seed, steps: steps, factor: factor)
                let budgets = method.isBudgetFree ? plan.budgets : [steps]
                let result = try train(
                    settings, problem, method, task, purpose: "seed \(seed), \(steps) steps", judgedAt: budgets,
                    cancellation)
                guard let result else { return false }
                for budget in budgets {
                    table.add(
                        result, at: budget, task: task.name, method: method.name, judged: judged, factor: factor)
                }
            }
        }
        return true
    }

    private func settings(
        _ method: BudgetPlan.Method, _ task: BudgetPlan.Task, _ problem: Problem, seed: UInt64, steps: Int,
        factor: Double
    ) -> TrainingSettings {
        var settings = TrainingSettings(
            task: problem.description, nowcaster: method.nowcaster ?? RunResult.baseline, seed: seed)
        settings.steps = steps
        settings.target = settings.metric.unreachable
        settings.optimizer = method.optimizer ?? .adamW
        settings.schedule = method.schedule
        settings.warmup = method.warmup.map { Int((Double(steps) * $0).rounded()) }
        settings.outer = method.outer
        settings.averages = method.averages
        settings.learningRate = (task.lr ?? settings.learningRate) * factor
        settings.batchSize = task.batch ?? settings.batchSize
        settings.evaluationInterval = BudgetPlan.evaluationInterval(plan.budgets + [steps])
        return settings
    }

    /// Nil when cancelled.
    private func train(
        _ settings: TrainingSettings, _ problem: Problem, _ method: BudgetPlan.Method, _ task: BudgetPlan.Task,
        purpose: String, judgedAt steps: [Int], _ cancellation: Cancellation
    ) throws -> RunResult? {
        let rate = trimmed(settings.learningRate)
        let run = "\(task.name)/\(method.name)/lr\(rate)-steps\(settings.steps)-seed\(settings.seed)"
        let nowcaster = try method.nowcaster.flatMap { try problem.nowcaster($0) }
        let identity = BudgetLedger.identity(
            settings, model: problem.model, data: problem.data, nowcaster: nowcaster)
        defer { doneRuns += 1 }
        if let known = ledger?.result(of: run, identity: identity, steps: steps) { return known }
        let trainer = try Trainer(
            settings: settings, model: problem.model, data: problem.data, nowcaster: nowcaster,
            folder: RunFolder("\(folder)/\(run)"), start: .resumeIfPossible)
        let result = try finish(trainer, cancellation) {
            onProgress(
                Progress(
                    task: task.name, method: method.name, purpose: purpose, step: trainer.step,
                    steps: settings.steps, doneRuns: doneRuns, allRuns: allRuns))
        }
        if let result { try ledger?.add(result, run: run, identity: identity) }
        return result
    }

    /// A run that diverges has a result as well; nil when cancelled.
    private func finish(_ trainer: Trainer, _ cancellation: Cancellation, show: () -> Void) throws -> RunResult? {
        do {
            while !trainer.isFinished {
                show()
                guard try trainer.run(until: trainer.step + 50, cancellation: cancellation) else { return nil }
            }
        } catch TrainingError.lossNotFinite(let step, _) {
            var result = trainer.result
            result.divergedAtStep = step
            return result
        }
        return trainer.result
    }

    private func trimmed(_ value: Double) -> String { String(format: "%g", value) }
}
