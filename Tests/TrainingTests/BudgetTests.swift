import Foundation
import Nowcasting
import TestSupport
import Testing
import Training

@Suite struct BudgetTests {
    private func problem() throws -> BudgetProtocol.Problem {
        BudgetProtocol.Problem(
            description: try TaskDescription.named("fm-16"), model: toyModel(), data: toyData(),
            nowcaster: { _ in nil })
    }

    @Test func methodsAreTunedAndJudgedAtTheEndOfEachBudget() throws {
        let folder = TemporaryFolder()
        var shown: [BudgetProtocol.Progress] = []
        let comparison = BudgetProtocol(
            try toyPlan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() },
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
            try toyPlan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() },
            onProgress: { again.append($0) })
        #expect(try second.run() && again.isEmpty)
        #expect(second.table.rows.map(\.values) == rows.map(\.values))
    }

    @Test func theReportShowsEveryRowAndSaysWhichIsAhead() throws {
        let folder = TemporaryFolder()
        let plan = try toyPlan(folder) {
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
            let plan = try toyPlan(folder) { $0["tuning"] = ["seed": 9, "steps": 20, "factors": factors] }
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
            let plan = try toyPlan(folder) {
                $0["tasks"] = [["name": "toy", "task": "fm-16", "lr": rate, "batch": 16]]
            }
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
            try toyPlan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() },
            onProgress: { _ in
                count += 1
                if count == 4 { cancellation.request() }
            })
        #expect(try !first.run(cancellation: cancellation))
        let second = BudgetProtocol(
            try toyPlan(folder), folder: folder.path + "runs", problem: { _, _ in try problem() })
        #expect(try second.run())
        #expect(second.table.rows.count == 6)
    }

    @Test func runsSideBySideComeToTheSame() throws {
        let folder = TemporaryFolder()
        let plan = try toyPlan(folder) {
            $0["tasks"] = ["a", "b"].map { ["name": $0, "task": "fm-16", "lr": 0.01, "batch": 16] }
        }
        func outcome(jobs: Int) throws -> (rows: [BudgetTable.Row], runs: Int) {
            let place = folder + "jobs\(jobs)"
            let comparison = BudgetProtocol(plan, folder: place, problem: { _, _ in try problem() })
            #expect(try comparison.run(jobs: jobs))
            // Wall times apart.
            let rows = comparison.table.rows.map { row in
                var row = row
                row.seconds = 0
                return row
            }
            let ledger = try String(contentsOfFile: place + "/runs.jsonl", encoding: .utf8)
            return (rows, ledger.split(separator: "\n").count)
        }
        let (one, several) = (try outcome(jobs: 1), try outcome(jobs: 3))
        #expect(one.rows == several.rows && one.runs == several.runs)
        #expect(one.rows.count == 12 && one.rows.map(\.task) == one.rows.map(\.task).sorted())
    }

    /// They go on from where they were stopped.
    @Test(arguments: [1, 3]) func aRunThatFailsStopsTheOthers(jobs: Int) throws {
        let folder = TemporaryFolder()
        let plan = try toyPlan(folder) {
            $0["tasks"] = [
                ["name": "good", "task": "fm-16", "lr": 0.01], ["name": "bad", "task": "fm-16", "lr": 1e300],
            ]
            $0["methods"] = [["name": "sgd", "optimizer": "sgd"]]
        }
        let comparison = BudgetProtocol(plan, folder: folder + "runs", problem: { _, _ in try problem() })
        let error = #expect(throws: TrainingError.self) { try comparison.run(jobs: jobs) }
        #expect("\(error!)".contains("a rate at which sgd learns bad"))
        // The twin: without the bad one it runs to the end, with what there is.
        var rest = plan
        rest.tasks.removeLast()
        let second = BudgetProtocol(rest, folder: folder + "runs", problem: { _, _ in try problem() })
        #expect(try second.run(jobs: jobs))
        #expect(second.table.rows.allSatisfy { $0.isComplete })
    }

    @Test func fineTuningStartsWhereAnotherRunEnded() throws {
        let folder = TemporaryFolder()
        let plan = try toyPlan(folder) {
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
        // With the ledger alone nothing but the start is trained, and all of it from another start.
        for (seed, isKnown) in [(5, true), (6, false)] {
            let place = folder + "moved\(seed)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: folder.path + "runs/runs.jsonl", toPath: place + "/runs.jsonl")
            var other = plan
            other.tasks[0].start?.seed = UInt64(seed)
            var trained = 0
            let again = BudgetProtocol(
                other, folder: place, problem: { _, _ in try problem() }, onProgress: { _ in trained += 1 })
            #expect(try again.run())
            #expect((trained == 0) == isKnown)
        }
    }

    @Test func whatIsNotDoneIsNotCalledDiverged() throws {
        let folder = TemporaryFolder()
        let one = try toyPlan(folder) {
            $0["seeds"] = [1]
            $0["tasks"] = [["name": "toy, \"small\"", "task": "fm-16", "lr": 0.01, "batch": 16]]
        }
        #expect(try BudgetProtocol(one, folder: folder + "runs", problem: { _, _ in try problem() }).run())
        var two = one
        two.seeds = [1, 2]
        let cancellation = Cancellation()
        cancellation.request()
        let stopped = BudgetProtocol(two, folder: folder + "runs", problem: { _, _ in try problem() })
        #expect(try !stopped.run(cancellation: cancellation))
        let row = try #require(stopped.table.rows.first { $0.budget == 40 })
        #expect(row.isDone == [true, false] && row.passes == 40 && row.mean == nil)
        #expect(row.text(ofSeed: 1) == "–" && !stopped.table.text.contains("diverged"))
        #expect(stopped.table.csv.contains("\n\"toy, \"\"small\"\"\",\"AdamW\",20,accuracy,"))
    }

    @Test func aRowSaysWhatItCost() throws {
        let folder = TemporaryFolder()
        let plan = try toyPlan(folder) {
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

    @Test func allThatAPlanNamesIsLoadedBeforeTheFirstRun() throws {
        let folder = TemporaryFolder()
        struct Missing: Error {}
        func check(_ missing: String) throws {
            let plan = try toyPlan(folder) { $0["methods"] = [["name": "a"], ["name": "b", "nowcaster": "nno"]] }
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
}
