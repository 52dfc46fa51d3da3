/// Which weights of a run the budget protocol looks at; the learning rate is tuned for each on its own.
enum JudgedWeights {
    case asTheyAre
    case averaged([AverageKind])

    static func all(of method: BudgetPlan.Method) -> [JudgedWeights] {
        let kinds = method.averages ?? []
        return kinds.isEmpty ? [.asTheyAre] : [.asTheyAre, .averaged(kinds)]
    }

    /// The metric at `step`, of averages the best one's; nil for a run that diverged or is not evaluated there.
    func best(of result: RunResult, at step: Int) -> Double? {
        guard result.divergedAtStep == nil, let found = result.evaluations.last(where: { $0.step == step }) else {
            return nil
        }
        let metric = result.metric
        switch self {
        case .asTheyAre: return metric.value(of: found)
        case .averaged(let kinds):
            let values = kinds.compactMap { found.averages?[$0.name].flatMap(metric.value) }
            return values.dropFirst().reduce(values.first) { metric.better($0!, $1) }
        }
    }
}
