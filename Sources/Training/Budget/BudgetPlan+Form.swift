import JSONText

extension BudgetPlan {
    /// The keys and names of a plan's file.
    static let form = JSONForm.object([
        "tasks": .list(
            .keys(
                ["name", "config", "text", "tokenizer", "data", "classes", "batch", "lr"],
                [
                    "task": .oneOf(TaskDescription.all.map(\.name)),
                    "start": .keys(["classes", "text", "steps", "seed"]),
                ])),
        "methods": .list(
            .keys(
                ["name", "warmup", "nowcaster"],
                [
                    "optimizer": .oneOf(OptimizerKind.allCases.map(\.rawValue)),
                    "schedule": .oneOf(ScheduleKind.allCases.map(\.rawValue)),
                    "outer": .oneOf(OuterStepKind.allCases.map(\.rawValue)),
                    "averages": .list(
                        .name(expected: AverageKind.allowed, names: []) { (try? AverageKind(named: $0)) != nil }),
                ])),
        "budgets": .any, "seeds": .any, "tuning": .keys(["seed", "steps", "factors"]),
    ])
}
