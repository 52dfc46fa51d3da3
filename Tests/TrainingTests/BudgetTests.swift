import Foundation
import Nowcasting
import TestSupport
import Testing
import Training

@Suite struct BudgetTests {
    private func plan(_ folder: TemporaryFolder, _ change: (inout [String: Any]) -> Void = { _ in }) throws
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

    private func problem() throws -> BudgetProtocol.Problem {
        BudgetProtocol.Problem(
            description: try TaskDescription.named("fm-16"), model: toyModel(), data: toyData(),
            nowcaster: { _ in nil })
    }

    @Test func methodsAreTunedAndJudgedAtTheEndOfEachBudget() throws {
        let folder = TemporaryFolder()
        var shown: [BudgetProtocol.Progress] = []
        let comparison = BudgetProtocol(
            try plan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() },
            onProgress: { shown.append($0) })
        #expect(try comparison.run())
        let rows = comparison.table.rows
        #expect(Set(rows.map { "\($0.method) \($0.budget)" }).count == 6)
        #expect(rows.count == 6 && rows.allSatisfy { $0.isComplete && $0.standardError != nil })
        // A thousandth of the rate learns nothing in twenty steps.
        #expect(rows.allSatisfy { $0.factor == 1 })
        #expect(rows.filter { $0.budget == 40 }.allSatisfy { $0.mean! > 0.8 })
        // Two factors; then one run a seed serves both budgets of a constant rate, and one a budget of a decayed one.
        // Averages have a rate of their own, and its runs, if it is another.
        #expect(shown.last?.allRuns == 2 + (2 + 2) + 2 + 4)
        #expect(comparison.table.text.contains("| AdamW, EMA 0.9 | ×1 |"))
        #expect(comparison.table.csv.split(separator: "\n").count == 7)

        // Everything is there: nothing is trained again.
        var again: [BudgetProtocol.Progress] = []
        let second = BudgetProtocol(
            try plan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() },
            onProgress: { again.append($0) })
        #expect(try second.run() && again.isEmpty)
        #expect(second.table.rows.map(\.values) == rows.map(\.values))
    }

    @Test func theReportShowsEveryRowAndSaysWhichIsAhead() throws {
        let folder = TemporaryFolder()
        let plan = try plan(folder) {
            $0["tasks"] = [["name": "<toy> & \u{1}", "task": "fm-16", "lr": 0.01, "batch": 16]]
        }
        let comparison = BudgetProtocol(plan, folder: folder.path + "runs", problem: { _, _ in try problem() })
        #expect(try comparison.run())
        let html = BudgetReport(comparison.table, plan: plan, facts: [("machine", "this one")]).html
        #expect(fault(in: html) == nil)
        #expect(html.contains("&lt;toy&gt; &amp; \u{FFFD}: test accuracy after 40 steps"))
        // Two pictures and two tables of three rows.
        #expect(html.components(separatedBy: "<svg").count == 3)
        #expect(html.components(separatedBy: "<th scope=\"row\">AdamW, EMA 0.9</th>").count == 3)
        let best = try #require(comparison.table.ranked(task: plan.tasks[0].name, budget: 40).first)
        #expect(html.contains("\(best.method) ends best, at \(best.metric.text(best.mean!))"))
        for fact in ["this one", "table.csv", "plan.json"] { #expect(html.contains(fact)) }
        // Before anything is done there is a page as well.
        let empty = BudgetReport(BudgetTable(budgets: [20], seeds: [1], factors: [1]), plan: plan).html
        #expect(fault(in: empty) == nil && empty.contains("No run is finished."))
    }

    /// A rate at the end of those that were tried is not known to be the best.
    @Test func aRateAtTheEndOfThoseTriedIsSaid() throws {
        func comparison(_ factors: [Double]) throws -> BudgetTable {
            let folder = TemporaryFolder()
            let plan = try plan(folder) { $0["tuning"] = ["seed": 9, "steps": 20, "factors": factors] }
            let comparison = BudgetProtocol(plan, folder: folder.path + "runs", problem: { _, _ in try problem() })
            #expect(try comparison.run())
            let html = BudgetReport(comparison.table, plan: plan).html
            let said = comparison.table.cutOff(task: "toy", budget: 40)
            #expect(html.contains(said ?? "rate that was tried") == (said != nil))
            #expect(comparison.table.text.contains(said ?? "rate that was tried") == (said != nil))
            return comparison.table
        }
        let said = try #require(try comparison([0.001, 1]).cutOff(task: "toy", budget: 40))
        #expect(said.hasPrefix("The highest rate that was tried, ×1, was the best of: "))
        for method in ["AdamW", "AdamW, EMA 0.9", "linear"] { #expect(said.contains(method)) }
        #expect(try comparison([0.001, 1, 1000]).cutOff(task: "toy", budget: 40) == nil)
        // Of one rate there are no ends.
        #expect(try comparison([1]).cutOff(task: "toy", budget: 40) == nil)
    }

    @Test func finishedRunsStandInTheLedgerAndAreNotTrainedAgain() throws {
        let folder = TemporaryFolder()
        var trained = 0
        func table(_ runs: String, rate: Double = 0.01) throws -> [BudgetTable.Row] {
            let plan = try plan(folder) { $0["tasks"] = [["name": "toy", "task": "fm-16", "lr": rate, "batch": 16]] }
            let comparison = BudgetProtocol(
                plan, folder: folder.path + runs, problem: { _, _ in try problem() }, onProgress: { _ in trained += 1 })
            #expect(try comparison.run())
            return comparison.table.rows
        }
        let rows = try table("runs")
        #expect(trained > 0)
        // The ledger alone, as one would keep it beside a plan.
        let ledger = folder.path + "moved/runs.jsonl"
        try FileManager.default.createDirectory(atPath: folder.path + "moved", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: folder.path + "runs/runs.jsonl", toPath: ledger)
        trained = 0
        #expect(try table("moved") == rows)
        #expect(trained == 0)
        // Runs of another setting are others, whatever their names say.
        let text = try String(contentsOfFile: ledger, encoding: .utf8)
        try text.replacing("lr0.01-", with: "lr0.02-").write(toFile: ledger, atomically: true, encoding: .utf8)
        _ = try table("moved", rate: 0.02)
        #expect(trained > 0)
        // A damaged line is named.
        try (text + "{\"run\": \n").write(toFile: ledger, atomically: true, encoding: .utf8)
        let error = #expect(throws: TrainingError.self) { try table("moved") }
        #expect("\(error!)".contains("runs.jsonl, line \(text.split(separator: "\n").count + 1)"))
    }

    @Test func aCancelledProtocolGoesOn() throws {
        let folder = TemporaryFolder()
        let cancellation = Cancellation()
        var count = 0
        let first = BudgetProtocol(
            try plan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() },
            onProgress: { _ in
                count += 1
                if count == 4 { cancellation.request() }
            })
        #expect(try !first.run(cancellation: cancellation))
        let second = BudgetProtocol(
            try plan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() })
        #expect(try second.run())
        #expect(second.table.rows.count == 6)
    }

    @Test func fineTuningStartsWhereAnotherRunEnded() throws {
        let folder = TemporaryFolder()
        let plan = try plan(folder) {
            $0["tasks"] = [["name": "toy", "task": "fm-16", "lr": 0.01, "start": ["steps": 60, "seed": 5]]]
        }
        var parts: [Bool] = []
        let comparison = BudgetProtocol(
            plan, folder: folder.path + "runs",
            problem: { _, start in
                parts.append(start != nil)
                return try problem()
            })
        #expect(try comparison.run())
        #expect(parts == [false, true])
        #expect(comparison.table.rows.filter { $0.budget == 20 }.allSatisfy { $0.mean! > 0.9 })
        #expect(FileManager.default.fileExists(atPath: folder.path + "runs/toy/start/result.json"))
    }

    @Test func aRowSaysWhatItCost() throws {
        let folder = TemporaryFolder()
        let plan = try plan(folder) {
            $0["methods"] = [["name": "AdamW"], ["name": "average", "nowcaster": "average"]]
            ($0["budgets"], $0["seeds"]) = ([400], [1])
            $0["tuning"] = ["seed": 9, "steps": 20, "factors": [1]]
        }
        var problem = try problem()
        problem = BudgetProtocol.Problem(
            description: problem.description, model: problem.model, data: problem.data,
            nowcaster: { _ in RunNowcaster(.average, graph: nil, identity: "average", stateKind: .mean) })
        let comparison = BudgetProtocol(plan, folder: folder.path + "runs", problem: { _, _ in problem })
        #expect(try comparison.run())
        let rows = comparison.table.rows
        #expect(rows[0].passes == 400 && rows[0].searchPasses == 0 && rows[0].passesText == "400")
        // Nowcasts at steps 250, 300, 350 and 400; each judges six candidates on four batches.
        #expect(rows[1].passes == 396 && rows[1].searchPasses == 96)
        #expect(comparison.table.text.contains("| 396 + 96 forward |"))
    }

    @Test func meanAndStandardError() throws {
        let row = BudgetTable.Row(
            task: "t", method: "m", budget: 1, metric: .accuracy, values: [0.5, 0.7, 0.9], factor: 1, seconds: 0)
        #expect(abs(row.mean! - 0.7) < 1e-12)
        #expect(abs(row.standardError! - 0.2 / 3.0.squareRoot()) < 1e-12)
        let open = BudgetTable.Row(
            task: "t", method: "m", budget: 1, metric: .accuracy, values: [0.5, nil], factor: 1, seconds: 0)
        #expect(open.mean == nil && open.standardError == nil)
    }

    @Test(arguments: [
        ("seeds", "tuning.seed"), ("budgets", "budgets[0]: expected 1 …"), ("tasks", "tasks"),
        ("methods", #"key "methods[0].averages[0]": expected ema:DECAY "#),
    ]) func mistakesInAPlanAreNamed(key: String, place: String) throws {
        let folder = TemporaryFolder()
        let wrong: [String: Any] = [
            "seeds": [9], "budgets": [0], "tasks": [[String: Any]](),
            "methods": [["name": "x", "averages": ["ema:2"]]],
        ]
        let error = #expect(throws: TrainingError.self) { try plan(folder) { $0[key] = wrong[key] } }
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
            _ = try plan(folder) { $0["methods"] = [keys.merging(["name": "x"]) { $1 }] }
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
                _ = try plan(folder) {
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
        for name in ["full", "ideas", "small", "smooth"] {
            _ = try BudgetPlan(
                contentsOf: BuiltProducts.repository.appendingPathComponent("docs/evidence/\(name).json").path)
        }
    }

    @Test func allThatAPlanNamesIsLoadedBeforeTheFirstRun() throws {
        let folder = TemporaryFolder()
        struct Missing: Error {}
        func check(_ missing: String) throws {
            let plan = try plan(folder) { $0["methods"] = [["name": "a"], ["name": "b", "nowcaster": "nno"]] }
            let comparison = BudgetProtocol(plan, folder: folder + "runs") { _, _ in
                BudgetProtocol.Problem(
                    description: try TaskDescription.named("fm-16"), model: toyModel(), data: toyData(),
                    nowcaster: {
                        if $0 == missing { throw Missing() }
                        return nil
                    })
            }
            try comparison.check()
        }
        #expect(throws: Missing.self) { try check("nno") }
        #expect(!FileManager.default.fileExists(atPath: folder + "runs"))
        try check("other")
    }

    @Test func evaluationsFallOnTheEndsOfBudgets() throws {
        #expect(BudgetPlan.evaluationInterval([2500, 5000, 1250]) == 1250)
        #expect(BudgetPlan.evaluationInterval([20, 40]) == 20)
        #expect(BudgetPlan.evaluationInterval([7, 5]) == 1)
    }
}
