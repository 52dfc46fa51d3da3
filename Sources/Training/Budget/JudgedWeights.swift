/// Which weights of a run the budget protocol looks at; the learning rate is tuned for each on its own.
enum JudgedWeights {
    case asTheyAre
    case averaged([AverageKind])

    static func all(of method: BudgetPlan.Method) -> [JudgedWeights] {
        let kinds = method.averages ?? []
        return kinds.isEmpty ? [.asTheyAre] : [.asTheyAre, .averaged(kinds)]
    }

    /// The metric of the weights, or of every average with its title; nil where the evaluation has none.
    func values(in evaluation: Evaluation?, _ metric: Metric) -> [(title: String?, value: Double?)] {
        switch self {
        case .asTheyAre: [(nil, evaluation.flatMap(metric.value))]
        case .averaged(let kinds):
            kinds.map { ($0.title, evaluation?.averages?[$0.name].flatMap(metric.value)) }
        }
    }

    /// The metric at `step`, of averages the best one's; nil for a run that diverged or is not evaluated there.
    func best(of result: RunResult, at step: Int) -> Double? {
        guard result.divergedAtStep == nil, let found = result.evaluations.last(where: { $0.step == step }) else {
            return nil
        }
        let values = values(in: found, result.metric).compactMap(\.value)
        return values.dropFirst().reduce(values.first) { result.metric.better($0!, $1) }
    }
}
