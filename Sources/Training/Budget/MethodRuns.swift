import Foundation
import Nowcasting

/// All runs of one method on one task: its learning rate is tuned, then it trains from every seed to the end of every
/// budget.
final class MethodRuns {
    private let plan: BudgetPlan
    private let task: BudgetPlan.Task
    private let method: BudgetPlan.Method
    private let problem: BudgetProtocol.Problem
    private let nowcaster: RunNowcaster?
    private let folder: String
    private let ledger: BudgetLedger
    private let progress: BudgetProgress
    /// What is done.
    private(set) var table: BudgetTable
    private(set) var isComplete = false

    /// - Parameter folder: holds a folder a run.
    /// - Throws: the errors of loading the nowcaster.
    init(
        _ method: BudgetPlan.Method, of task: BudgetPlan.Task, in plan: BudgetPlan, problem: BudgetProtocol.Problem,
        folder: String, ledger: BudgetLedger, progress: BudgetProgress
    ) throws {
        (self.plan, self.task, self.method, self.problem) = (plan, task, method, problem)
        (self.folder, self.ledger, self.progress) = (folder, ledger, progress)
        nowcaster = try method.nowcaster.flatMap { try problem.nowcaster($0) }
        table = BudgetTable(budgets: plan.budgets, seeds: plan.seeds, factors: plan.tuning.factors)
    }

    /// Runs of a method, counted for each of what it judges: those that serve two count twice.
    static func count(_ method: BudgetPlan.Method, _ plan: BudgetPlan) -> Int {
        plan.tuning.factors.count
            + plan.seeds.count * (method.isBudgetFree ? 1 : plan.budgets.count) * JudgedWeights.all(of: method).count
    }

    /// Trains what is not done yet, until it is stopped.
    ///
    /// - Throws: the errors of training; a run that diverges counts as the worst of all.
    func run() throws {
        guard let factors = try tune() else { return }
        isComplete = try factors.allSatisfy { try measure($0, factor: $1) }
    }

    /// The best factor at the end of the short runs, for the weights and for their averages: what is averaged may
    /// well want a higher rate. Nil when stopped.
    private func tune() throws -> [(JudgedWeights, factor: Double)]? {
        let judgements = JudgedWeights.all(of: method)
        let metric = problem.description.metric
        var best = [(factor: Double, value: Double)?](repeating: nil, count: judgements.count)
        for factor in plan.tuning.factors {
            let settings = settings(seed: plan.tuning.seed, steps: plan.tuning.steps, factor: factor)
            let result = try train(settings, purpose: "rate ×\(trimmed(factor))", judgedAt: [plan.tuning.steps])
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

    /// Runs that serve both judgements are trained once: they share their folder. False when stopped.
    private func measure(_ judged: JudgedWeights, factor: Double) throws -> Bool {
        let lengths = method.isBudgetFree ? [plan.budgets.max()!] : plan.budgets
        for seed in plan.seeds {
            for steps in lengths {
                let budgets = method.isBudgetFree ? plan.budgets : [steps]
                let result = try train(
                    settings(seed: seed, steps: steps, factor: factor), purpose: "seed \(seed), \(steps) steps",
                    judgedAt: budgets)
                guard let result else { return false }
                for budget in budgets {
                    table.add(
                        result, at: budget, task: task.name, method: method.name, judged: judged, factor: factor)
                }
            }
        }
        return true
    }

    private func settings(seed: UInt64, steps: Int, factor: Double) -> TrainingSettings {
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

    /// A run that diverges has a result as well; nil when stopped.
    private func train(_ settings: TrainingSettings, purpose: String, judgedAt steps: [Int]) throws -> RunResult? {
        let rate = trimmed(settings.learningRate)
        let run = "\(task.name)/\(method.name)/lr\(rate)-steps\(settings.steps)-seed\(settings.seed)"
        let identity = BudgetLedger.identity(
            settings, model: problem.model, data: problem.data, nowcaster: nowcaster)
        defer { progress.finishRun() }
        if let known = ledger.result(of: run, identity: identity, start: problem.start, steps: steps) { return known }
        guard !progress.isStopped else { return nil }
        let trainer = try Trainer(
            settings: settings, model: problem.model, data: problem.data, nowcaster: nowcaster,
            folder: RunFolder("\(folder)/\(run)"), start: .resumeIfPossible)
        var divergedAtStep: Int?
        do {
            guard try progress.follow(trainer, task: task.name, method: method.name, purpose: purpose) else {
                return nil
            }
        } catch TrainingError.lossNotFinite(let step, _) {
            divergedAtStep = step
        }
        var result = trainer.result
        result.divergedAtStep = divergedAtStep
        try ledger.add(result, run: run, identity: identity, start: problem.start)
        return result
    }

    private func trimmed(_ value: Double) -> String { String(format: "%g", value) }
}
