import Foundation
import Testing
import Training

private let seeds: [UInt64] = [1000, 2000, 3000]
private let results = seeds.flatMap { seed in
    [
        syntheticResult(nowcaster: "none", seed: seed, speed: 0.45),
        syntheticResult(nowcaster: "linefit", seed: seed, speed: 0.7, nowcastEvery: 1000),
    ]
}

private func page(_ results: [RunResult], settings: [(String, String)] = []) -> String {
    Report(results: results, settings: settings).html
}

@Suite struct ReportTests {
    @Test func thePageIsWellFormed() {
        #expect(fault(in: page(results, settings: [("learning_rate", "0.006")])) == nil)
        // The check's own twin.
        #expect(fault(in: page(results).replacingOccurrences(of: "</figure>", with: "")) != nil)
        #expect(fault(in: page(results).replacingOccurrences(of: "class=\"grid\"", with: "class=\"grid")) != nil)
    }

    @Test func thePageStandsAlone() {
        let html = page(results)
        for reference in ["<script", "src=", "url(http", "@import"] { #expect(!html.contains(reference)) }
        // Links lead to data within the page alone.
        #expect(html.components(separatedBy: "href=").count == html.components(separatedBy: "href=\"data:").count)
        // The name of the SVG language is the only address.
        #expect(html.components(separatedBy: "http").count == 2)
    }

    @Test func everySeriesIsDrawn() {
        let html = page(results)
        // Two thick lines in the plot and two in the legend, six thin ones.
        #expect(html.components(separatedBy: "<path class=\"mean").count == 3)
        #expect(html.components(separatedBy: "<line class=\"mean").count == 3)
        #expect(html.components(separatedBy: "<path class=\"run").count == 7)
        for seed in seeds { #expect(html.contains("linefit, seed \(seed): target reached")) }
        #expect(html.contains("linefit: jump at step 1000<") && !html.contains("alone: jump"))
        #expect(html.contains("target 89.5 %"))
    }

    @Test func theTableHoldsStepsMeansAndRatios() {
        let html = page(results)
        let table = ComparisonTable(results)
        for row in table.rows {
            #expect(html.contains("<td>\(row.meanText)</td>") && html.contains("<td>\(row.ratioText)</td>"))
        }
        #expect(html.contains("<th scope=\"row\">learning_rate</th>") == false)
        #expect(
            page(results, settings: [("learning_rate", "0.006")]).contains(
                "<th scope=\"row\">learning_rate</th><td>0.006</td>"))
    }

    @Test func textIsEscaped() {
        var hostile = results
        for index in hostile.indices { hostile[index].task = "<b>&\"'\u{1}" }
        let html = page(hostile, settings: [("<i>", "a & b")])
        #expect(
            html.contains("&lt;b&gt;&amp;&quot;&#39;\u{FFFD}: steps to") && !html.contains("<b>")
                && !html.contains("<i>"))
        #expect(html.contains("a &amp; b"))
        #expect(fault(in: html) == nil)
    }

    @Test func theSameRunsGiveTheSamePageOnAnyMachine() {
        var slower = results
        for index in slower.indices {
            slower[index].seconds *= 3
            for step in slower[index].evaluations.indices { slower[index].evaluations[step].seconds *= 3 }
        }
        #expect(page(slower) == page(results))
        #expect(page(Array(results.dropLast())) != page(results))
    }

    @Test func runsThatMissTheTargetAreMarked() {
        let html = page([
            syntheticResult(nowcaster: "none", seed: 1, speed: 0.1),
            syntheticResult(nowcaster: "linefit", seed: 1, speed: 0.7),
        ])
        #expect(html.contains("AdamW alone did not reach the target within 10,000 steps"))
        #expect(html.contains("<td class=\"missed\">&gt; 10,000</td>") && html.contains("did not reach the target."))
    }

    @Test func stoppedRunsAreSaidToBeStoppedAndNotCounted() {
        var stopped = results
        stopped[1].stepsToTarget = nil
        stopped[1].steps = 1150
        #expect(page(stopped).contains("linefit, seed 1000, was stopped after 1,150 steps"))
        let row = ComparisonTable(stopped).rows[1]
        #expect(row.cells[0] == nil && row.meanBound == .exact)
        #expect(fault(in: page([stopped[1]])) == nil && page([stopped[1]]).contains("No run is finished."))
    }

    @Test func runsWithoutEvaluationsStillMakeAPage() {
        let empty = RunResult(
            task: "t", nowcaster: "none", seed: 1, metric: .testLoss, target: 1, budget: 10, stepsToTarget: nil,
            best: nil, steps: 0,
            seconds: 0, nowcastSteps: [], jumpSteps: [], evaluations: [])
        #expect(fault(in: page([empty])) == nil)
    }

    @Test func axesHaveRoundNumbersThatEncloseTheValues() throws {
        let html = page(results)
        let labels = html.matches(of: /text-anchor="end">([0-9.]+) %</).map { Double($0.output.1)! }
        #expect(labels.count >= 4 && labels == labels.sorted())
        let steps = Set(zip(labels, labels.dropFirst()).map { (($1 - $0) * 1000).rounded() / 1000 })
        #expect(steps.count == 1 && [0.1, 0.2, 0.5, 1, 2, 5, 10, 20].contains(steps.first!))
        #expect(labels.last! >= 89.5 && labels.last! < 100)
    }

    /// Early in the run, which the picture does not show whole.
    @Test func aSpikeOfTheLossIsCutOff() {
        var spiked = results
        for index in spiked.indices {
            (spiked[index].metric, spiked[index].target) = (.testLoss, 0.105)
            spiked[index].evaluations[0].testLoss = 1e20
        }
        #expect(fault(in: page(spiked)) == nil)
    }

    @Test func whereTheRunsComeFromIsSaid() {
        let facts = [("date", "2026-01-02"), ("machine", "<one>"), ("model", "12 parameters")]
        let html = Report(results: results, settings: [], facts: facts).html
        for text in ["2026-01-02", "&lt;one&gt;", "12 parameters", "download=\"runs.json\""] {
            #expect(html.contains(text) && !page(results).contains(text))
        }
        #expect(fault(in: html) == nil)
    }

    @Test func theDataOfThePageCanBeSaved() throws {
        let link = try #require(
            page(results).firstMatch(of: /download="evaluations.csv" href="data:text\/csv;base64,([^"]+)"/))
        let text = String(decoding: try #require(Data(base64Encoded: String(link.1))), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines[0] == "nowcaster,seed,step,accuracy")
        #expect(lines.count == 1 + results.reduce(0) { $0 + $1.evaluations.count })
        #expect(lines[1].hasPrefix("\"none\",1000,"))
    }

    @Test func aJumpIsExplainedWhereThereAreAny() {
        #expect(page(results).contains("A jump: the weights that the nowcaster predicted"))
        #expect(!page([results[0]]).contains("A jump:"))
    }

    @Test func checkpointsAreCalledByTheirFiles() {
        var named = results
        for index in named.indices where named[index].nowcaster != "none" { named[index].nowcaster = "/a/b/nino.pt" }
        #expect(page(named).contains("nino.pt:") && !page(named).contains("/a/b/nino.pt"))
        #expect(ComparisonTable(named).text.contains("\nnino.pt "))
        var both = named
        both.append(syntheticResult(nowcaster: "/c/nino.pt", seed: 1000, speed: 0.7))
        #expect(page(both).contains("/a/b/nino.pt:") && page(both).contains("/c/nino.pt:"))
    }

    /// The baseline, as in the table's other rows, with averages of its weights that are ahead of it.
    private var averaged: [RunResult] {
        results.map { result in
            var result = result
            result.evaluations = result.evaluations.map { evaluation in
                var evaluation = evaluation
                evaluation.averages = [
                    "ema:0.995": AverageScore(testLoss: evaluation.testLoss, accuracy: evaluation.accuracy! + 0.02)
                ]
                return evaluation
            }
            return result
        }
    }

    @Test func averagesOfTheBaselineHaveARowAndALine() throws {
        let shown = RunResult.withAverages(averaged)
        let label = "none, EMA 0.995"
        #expect(shown.map(\.nowcaster).filter { $0.contains("EMA") } == [String](repeating: label, count: 3))
        for seed in seeds {
            let own = try #require(shown.first { $0.nowcaster == label && $0.seed == seed })
            let base = try #require(results.first { $0.nowcaster == "none" && $0.seed == seed })
            #expect(own.stepsToTarget! < base.stepsToTarget!)
            #expect(abs(own.best! - base.best! - 0.02) < 1e-9)
        }
        let html = page(averaged)
        #expect(fault(in: html) == nil)
        #expect(html.contains("AdamW alone, EMA 0.995 needs"))
        #expect(
            html.components(separatedBy: "class=\"mean ").count == page(results).components(
                separatedBy: "class=\"mean "
            ).count + 2)
        // Without the baseline the nowcaster's own averages are all there is; without averages nothing is added.
        let others = averaged.filter { $0.nowcaster != "none" }
        #expect(RunResult.withAverages(others).count == 2 * others.count)
        #expect(RunResult.withAverages(results) == results)
    }
}
