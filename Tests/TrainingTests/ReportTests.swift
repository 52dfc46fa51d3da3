import Foundation
import Testing
import Training

private let results = [1000, 2000, 3000].flatMap { seed in
    [
        syntheticResult(nowcaster: "none", seed: seed, speed: 0.35),
        syntheticResult(nowcaster: "linefit", seed: seed, speed: 0.5, nowcastEvery: 1000),
        syntheticResult(nowcaster: "nino_mlp.pt", seed: seed, speed: 0.8, nowcastEvery: 1000),
        syntheticResult(nowcaster: "nino_no_posw.pt", seed: seed, speed: 1, nowcastEvery: 1000),
    ]
}

@Test func dump() throws {
    let report = Report(results: results, settings: [("task", "fm-16"), ("learning rate", "0.006"), ("batch", "128"), ("seeds", "1000, 2000, 3000")])
    try report.html.write(toFile: "/tmp/trn/report.html", atomically: true, encoding: .utf8)
    let one = Report(results: Array(results.prefix(2)), settings: [("task", "fm-16")])
    try one.html.write(toFile: "/tmp/trn/report1.html", atomically: true, encoding: .utf8)
    print(ComparisonTable(results).text)
}
