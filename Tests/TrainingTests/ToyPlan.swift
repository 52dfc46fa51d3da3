import Foundation
import TestSupport
import Training

/// Two methods on a toy, with two budgets and seeds.
func toyPlan(_ folder: TemporaryFolder, _ change: (inout [String: Any]) -> Void = { _ in }) throws
    -> BudgetPlan
{
    var content: [String: Any] = [
        "tasks": [["name": "toy", "task": "fm-16", "lr": 0.01, "batch": 16]],
        "methods": [
            ["name": "AdamW", "averages": ["ema:0.9"]],
            ["name": "linear", "schedule": "linear", "warmup": 0.1],
        ],
        "budgets": [20, 40], "seeds": [1, 2],
        "tuning": ["seed": 9, "steps": 20, "factors": [0.001, 1]],
    ]
    change(&content)
    let file = folder.write(
        [UInt8](try JSONSerialization.data(withJSONObject: content)), to: "plan.json")
    return try BudgetPlan(contentsOf: file)
}
