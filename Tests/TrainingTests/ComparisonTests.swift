import Foundation
import TestSupport
import Testing
import Training

private func result(_ nowcaster: String, _ seed: UInt64, _ steps: Int?) -> RunResult {
    RunResult(
        task: "t", nowcaster: nowcaster, seed: seed, metric: .accuracy, target: 0.9, budget: 1000, stepsToTarget: steps,
        best: 0.9, steps: steps ?? 1000, seconds: 10, nowcastSteps: [], jumpSteps: [], evaluations: [])
}

@Suite struct ComparisonTableTests {
    @Test func meansAndRatiosAreThoseOfTheSteps() {
        let table = ComparisonTable([
            result("none", 1, 800), result("a", 1, 400), result("none", 2, 600), result("a", 2, 500),
        ])
        #expect(table.seeds == [1, 2])
        #expect(table.rows.map(\.nowcaster) == ["none", "a"])
        #expect(table.rows.map(\.mean) == [700, 450])
        #expect(table.rows[0].ratio == 1 && table.rows[1].ratio == 450.0 / 700)
        #expect(table.rows.allSatisfy { $0.meanBound == .exact && $0.ratioBound == .exact } && table.note == nil)
        #expect(table.rows[1].stepsPerSecond == 45)
    }

    @Test func aRunThatMissesTheTargetCountsAsItsBudgetAndIsMarked() {
        let table = ComparisonTable([
            result("none", 1, 800), result("a", 1, nil), result("none", 2, 600), result("a", 2, 500),
        ])
        #expect(
            table.rows[1].mean == 750 && table.rows[1].meanBound == .atLeast && table.rows[1].ratioBound == .atLeast)
        #expect(table.rows[1].cells[0]?.text == "> 1,000")
        #expect(table.text.contains("≥ 750") && table.note != nil)
    }

    @Test func aBaselineThatMissesTheTargetMakesRatiosUpperBounds() {
        let table = ComparisonTable([result("none", 1, nil), result("a", 1, 500), result("b", 1, nil)])
        #expect(table.rows.map(\.ratioBound) == [.exact, .atMost, .unknown])
        #expect(table.rows[1].ratioText == "≤ 50.0 %")
    }

    @Test func ratiosUseTheSeedsThatBothHave() {
        let table = ComparisonTable([result("none", 1, 800), result("a", 1, 400), result("a", 2, 100)])
        #expect(table.rows[1].ratio == 0.5 && table.rows[1].mean == 250 && table.rows[0].cells[1] == nil)
        #expect(ComparisonTable([result("a", 1, 400)]).rows[0].ratio == nil)
    }
}

@Suite struct ComparisonTests {
    private func comparison(
        _ folder: TemporaryFolder?, onTurn: @escaping (Comparison.Turn) -> Void = { _ in }
    ) throws -> Comparison {
        try Comparison(
            settings: toySettings(steps: 40), seeds: [1, 2],
            contenders: [.init(label: "none", nowcaster: nil), .init(label: "../sub/toy", nowcaster: toyNowcaster)],
            model: toyModel(), data: toyData(),
            folder: folder?.path, onTurn: onTurn)
    }

    /// Without the wall time, which no two runs share.
    private func numbers(_ results: [RunResult]) -> [RunResult] {
        results.map { result in
            var result = result
            result.seconds = 0
            for index in result.evaluations.indices { result.evaluations[index].seconds = 0 }
            return result
        }
    }

    @Test func runsInTurnsGiveTheNumbersOfRunsAlone() throws {
        var turns: [[Int]] = []
        let both = try comparison(nil) { turns.append($0.results.map(\.steps)) }
        #expect(try both.run())
        #expect(
            both.results.map(\.nowcaster) == ["none", "../sub/toy", "none", "../sub/toy"]
                && both.results.map(\.seed) == [1, 1, 2, 2])
        #expect(turns == (0..<2).flatMap { _ in stride(from: 5, through: 40, by: 5).map { [$0, $0] } })
        for (index, seed) in [UInt64(1), 2].enumerated() {
            let alone = try Trainer(settings: toySettings(seed: seed, steps: 40), model: toyModel(), data: toyData())
            try alone.run()
            #expect(numbers([alone.result]) == numbers([both.results[2 * index]]))
        }
    }

    @Test func aCancelledComparisonGoesOnWhereItStopped() throws {
        let whole = TemporaryFolder(), parts = TemporaryFolder()
        let uninterrupted = try comparison(whole)
        #expect(try uninterrupted.run())
        for stop in [2, 11] {
            let cancellation = Cancellation()
            var turns = 0
            let first = try comparison(parts) { _ in
                turns += 1
                if turns == stop { cancellation.request() }
            }
            #expect(try first.run(cancellation: cancellation) == false)
        }
        let last = try comparison(parts)
        #expect(try last.run())
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: parts.path).sorted() == [
                "_._sub_toy-1", "_._sub_toy-2", "none-1", "none-2",
            ])
        #expect(numbers(last.results) == numbers(uninterrupted.results))
    }

    @Test func aSavedBaselineServesOtherWaysToNowcast() throws {
        let folder = TemporaryFolder()
        func results(_ label: String, _ change: (inout TrainingSettings) -> Void) throws -> [RunResult] {
            var settings = try toySettings(steps: 40)
            change(&settings)
            let comparison = try Comparison(
                settings: settings, seeds: [1],
                contenders: [.init(label: "none", nowcaster: nil), .init(label: label, nowcaster: toyNowcaster)],
                model: toyModel(), data: toyData(), folder: folder.path)
            _ = try comparison.run()
            return comparison.results
        }
        let first = try results("snapshots") { _ in }
        let second = try results("means") { ($0.states, $0.firstHorizon, $0.period) = (.mean, 2, 10) }
        // Down to the seconds: it was not run again.
        #expect(first[0] == second[0])
        #expect(numbers([first[1]])[0].evaluations != numbers([second[1]])[0].evaluations)
        #expect(throws: TrainingError.self) { try results("means") { _ in } }
    }

    @Test func aRunThatDivergesDoesNotEndTheOthers() throws {
        var settings = try toySettings(steps: 40)
        settings.optimizer = .stochasticGradientDescent
        settings.learningRate = 1e35
        let both = try Comparison(
            settings: settings, seeds: [1, 2],
            contenders: [.init(label: "none", nowcaster: nil), .init(label: "toy", nowcaster: toyNowcaster)],
            model: toyModel(), data: toyData())
        #expect(try both.run())
        #expect(both.results.count == 4 && both.results.allSatisfy { $0.stepsToTarget == nil })
        let step = try #require(both.results[0].divergedAtStep)
        #expect(ComparisonTable(both.results).rows[0].cells[0]?.text == "diverged at \(step)")
        #expect(ComparisonTable(both.results).rows[0].mean == 40)
    }

    @Test func theTargetCanBeTheBestOfTheBaseline() throws {
        func comparison(_ labels: [String], budget: Int = 40) throws -> Comparison {
            try Comparison(
                settings: toySettings(steps: budget), seeds: [1, 2],
                contenders: labels.map { .init(label: $0, nowcaster: $0 == "toy" ? toyNowcaster : nil) },
                model: toyModel(), data: toyData(), matchesBaseline: true)
        }
        let both = try comparison(["same", "none", "toy"])
        #expect(try both.run())
        for seed in [UInt64(1), 2] {
            let runs = both.results.filter { $0.seed == seed }
            let baseline = try #require(runs.first { $0.nowcaster == "none" })
            // It is trained to the end, and its target is the best on the way.
            #expect(baseline.steps == 40 && baseline.evaluations.count == 8)
            let best = try #require(baseline.evaluations.compactMap(\.accuracy).max())
            #expect(runs.allSatisfy { $0.target == best })
            #expect(baseline.stepsToTarget == baseline.evaluations.first { $0.accuracy == best }?.step)
            // The same run under another name stops where it is reached.
            let same = try #require(runs.first { $0.nowcaster == "same" })
            #expect(same.stepsToTarget == baseline.stepsToTarget && same.steps == same.stepsToTarget)
        }
        #expect(Set(both.results.map(\.nowcaster)) == ["none", "same", "toy"])
        #expect(throws: TrainingError.self) { try comparison(["same", "toy"]) }
    }

    @Test func namesAndSeedsMustDiffer() throws {
        for (labels, seeds) in [(["a", "a"], [1]), (["a"], [1, 1]), ([], [1]), (["a"], [])] as [([String], [UInt64])] {
            #expect(throws: TrainingError.self) {
                try Comparison(
                    settings: toySettings(), seeds: seeds, contenders: labels.map { .init(label: $0, nowcaster: nil) },
                    model: toyModel(), data: toyData())
            }
        }
    }
}
