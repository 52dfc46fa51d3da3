import Foundation
import TestSupport
import Testing
import Training

@Suite struct BudgetPlanTests {
    @Test(arguments: [
        ("seeds", "tuning.seed"), ("budgets", "budgets[0]: expected 1 …"), ("tasks", "tasks"),
        ("methods", #"key "methods[0].averages[0]": expected ema:DECAY "#),
    ]) func mistakesInAPlanAreNamed(key: String, place: String) throws {
        let folder = TemporaryFolder()
        let wrong: [String: Any] = [
            "seeds": [9], "budgets": [0], "tasks": [[String: Any]](),
            "methods": [["name": "x", "averages": ["ema:2"]]],
        ]
        let error = #expect(throws: TrainingError.self) { try toyPlan(folder) { $0[key] = wrong[key] } }
        #expect("\(error!)".contains(place))
    }

    @Test(
        arguments: [
            (["optimizer": "adam"], #": key "methods[0].optimizer": expected adamw, sgd, muon or schedulefree, "#),
            (["schedule": "cosin"], #"found "cosin"; did you mean "cosine"?"#),
            (["outer": 1], #": key "methods[0].outer": expected lookahead or snoo, found 1"#),
            (["optimiser": "adamw"], #": key "methods[0].optimiser" is unknown; did you mean "optimizer"?"#),
            (["warmup": 5], ": methods[0].warmup: expected a share from 0 to 1, found 5"),
            (["warmup": "5"], #": key "methods[0].warmup": expected a number, found "5""#),
            (["optimizer": "schedulefree", "schedule": "wsd"], ": methods[0].schedule: expected constant with "),
            (["averages": ["ema:0.9", "ema:0.9"]], ": methods[0].averages: expected each once, "),
        ] as [([String: any Sendable], String)]) func mistakesInAMethodAreNamed(
            keys: [String: any Sendable], message: String
        ) throws
    {
        let folder = TemporaryFolder()
        func read(_ keys: [String: any Sendable]) throws {
            _ = try toyPlan(folder) { $0["methods"] = [keys.merging(["name": "x"]) { $1 }] }
        }
        let error = #expect(throws: TrainingError.self) { try read(keys) }
        #expect("\(error!)".hasPrefix(folder + "plan.json: "))
        #expect("\(error!)".contains(message), "\(error!)")
        // The twin: all keys that a method may have.
        try read([
            "optimizer": "sgd", "schedule": "cosine", "outer": "snoo", "warmup": 1, "averages": ["lawa:2"],
            "nowcaster": "none",
        ])
    }

    @Test func mistakesInATaskAreNamed() throws {
        let folder = TemporaryFolder()
        func refusal(_ keys: [String: Any], _ others: [String: Any] = [:]) -> String {
            do {
                _ = try toyPlan(folder) {
                    $0["tasks"] = [keys.merging(["name": "toy"]) { $1 }]
                    $0.merge(others) { $1 }
                }
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal(["task": "fm16"]).contains(#"key "tasks[0].task": expected fm-16, "#))
        #expect(refusal(["task": "fm16"]).hasSuffix(#"found "fm16"; did you mean "fm-16"?"#))
        #expect(refusal(["task": "fm-16", "start": ["seeds": 1]]).contains(#"key "tasks[0].start.seeds" is unknown"#))
        #expect(refusal(["task": "fm-16", "lr": 0]).hasSuffix("tasks[0].lr: expected a positive number, found 0"))
        #expect(refusal(["task": "fm-16"], ["foo": 1]).contains(#"key "foo" is unknown"#))
        #expect(refusal([:]).hasSuffix(#"key "tasks[0].task": expected a string, found nothing"#))
        let whole: [String: Any] = [
            "task": "text", "config": "c", "text": "t", "tokenizer": "k", "data": "d", "classes": [1], "batch": 2,
            "lr": 0.1, "start": ["classes": [1], "text": "t", "steps": 2, "seed": 3] as [String: Any],
        ]
        #expect(refusal(whole) == "")
    }

    @Test func plansOfTheRepositoryAreRead() throws {
        let folder = BuiltProducts.repository.appendingPathComponent("docs/evidence").path
        let plans = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        #expect(plans.contains("full.json") && plans.contains("small.json"))
        for plan in plans { _ = try BudgetPlan(contentsOf: "\(folder)/\(plan)") }
    }

    @Test func nothingIsCountedTwice() throws {
        let folder = TemporaryFolder()
        let tuning: [String: Any] = ["seed": 9, "steps": 20, "factors": [1, 1]]
        for (key, value) in [("budgets", [20, 40, 20] as Any), ("tuning", tuning), ("seeds", [1, 1])] {
            let error = #expect(throws: TrainingError.self) { try toyPlan(folder) { $0[key] = value } }
            #expect("\(error!)".contains("different"), "\(key)")
        }
    }

    @Test func evaluationsFallOnTheEndsOfBudgets() throws {
        #expect(BudgetPlan.evaluationInterval([2500, 5000, 1250]) == 1250)
        #expect(BudgetPlan.evaluationInterval([20, 40]) == 20)
        #expect(BudgetPlan.evaluationInterval([7, 5]) == 1)
    }
}
