import Checkpoints
import Foundation
import TestSupport
import Testing
import Training

/// Files of runs that hold what no run comes to: each is refused by name, as believing it would overflow, or write
/// beyond an array.
@Suite(.slow) struct EditedStateTests {
    private let folder = TemporaryFolder()
    private var checkpoint: String { folder + "run/checkpoint.safetensors" }

    private func trainer(_ start: Trainer.Start, nowcaster: String = "none", outer: OuterStepKind? = nil) throws
        -> Trainer
    {
        var settings = try toySettings(nowcaster: nowcaster)
        settings.outer = outer
        return try Trainer(
            settings: settings, model: toyModel(), data: toyData(), nowcaster: nowcaster == "none" ? nil : toyNowcaster,
            folder: RunFolder(folder + "run"), start: start)
    }

    /// A run of twelve steps, which can be resumed.
    private func run(nowcaster: String = "none", outer: OuterStepKind? = nil) throws {
        let run = try trainer(.fresh, nowcaster: nowcaster, outer: outer)
        try run.run(until: 12)
        try run.save()
        let resumed = try trainer(.resume, nowcaster: nowcaster, outer: outer)
        #expect(resumed.step == 12)
    }

    @Test(arguments: [
        (["state", "step"], -1), (["state", "step"], 61), (["state", "step"], Int.max),
        (["state", "loss_count"], Int.max), (["state", "search_passes"], -1),
        (["state", "evaluations", "0", "step"], Int.max), (["state", "evaluations", "0", "nowcasts"], -1),
        (["optimizer_counters", "step"], Int.max),
        (["optimizer_counters", "nowcast.recorded"], Int.max), (["optimizer_counters", "nowcast.recorded"], -1),
    ])
    func aNumberThatNoRunComesToIsRefused(path: [String], number: Int) throws {
        let nowcaster = path[1].hasPrefix("nowcast") ? "toy" : "none"
        try run(nowcaster: nowcaster)
        try rewrite(checkpoint) { $0[path[0]] = try edited($0[path[0]]!, at: Array(path.dropFirst()), to: number) }
        let error = #expect(throws: TrainingError.self) { try trainer(.resume, nowcaster: nowcaster) }
        let message = "\(error!)"
        let start = "\(checkpoint): is no usable training checkpoint: \(keyText(path)): expected "
        #expect(message.hasPrefix(start) && message.hasSuffix(", found \(number)"), "\(message)")
    }

    @Test(arguments: [OuterStepKind.lookahead, .snoo]) func slowWeightsOfAnotherSizeAreRefused(outer: OuterStepKind)
        throws
    {
        try run(outer: outer)
        try rewrite(checkpoint, with: [TensorInfo(name: "optimizer.outer_slow", dtype: .f32, shape: [100_051])])
        let refused = TrainingError.checkpointInvalid(
            file: checkpoint, key: "optimizer.outer_slow", expected: "shape [51]", found: "[100051]")
        #expect(throws: refused) { try trainer(.resume, outer: outer) }
    }

    @Test func aTensorWithoutValuesIsRefused() throws {
        try run()
        try rewrite(checkpoint, with: [TensorInfo(name: "optimizer.more", dtype: .f32, shape: [0])])
        let refused = TrainingError.checkpointInvalid(
            file: checkpoint, key: "optimizer.more", expected: "at least one value", found: "shape [0]")
        #expect(throws: refused) { try trainer(.resume) }
        // The twin: what nobody asks for does no harm.
        try rewrite(checkpoint, with: [TensorInfo(name: "optimizer.more", dtype: .f32, shape: [2, 3])])
        let resumed = try trainer(.resume)
        #expect(resumed.step == 12)
    }

    @Test(arguments: [
        (["seconds"], "1e300"), (["evaluations", "0", "seconds"], "-1"),
        (["evaluations", "0", "nowcasts"], "\(Int.min)"), (["steps"], "\(Int.max)"),
    ])
    func aNumberOfTheLedgerThatNoRunComesToIsRefused(path: [String], number: String) throws {
        let problem = BudgetProtocol.Problem(
            description: try TaskDescription.named("fm-16"), model: toyModel(), data: toyData(), nowcaster: { _ in nil }
        )
        let plan = try toyPlan(folder) { $0["methods"] = [["name": "AdamW"]] }
        func compare() throws -> Bool {
            try BudgetProtocol(plan, folder: folder + "runs", problem: { _, _ in problem }).run()
        }
        #expect(try compare())
        let ledger = folder + "runs/runs.jsonl"
        var lines = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").map(String.init)
        let value: Any = if let whole = Int(number) { whole } else { Double(number)! }
        lines[1] = try edited(lines[1], at: ["result"] + path, to: value)
        folder.write(lines.joined(separator: "\n") + "\n", to: "runs/runs.jsonl")
        let error = #expect(throws: TrainingError.self) { try compare() }
        let start = "\(ledger), line 2: result.\(keyText(path)): expected "
        #expect("\(error!)".hasPrefix(start), "\(error!)")
    }

    @Test func aTrajectoryOfSingleNumbersIsRefused() throws {
        #expect(try ToyCollection.collector(folder, runs: 1).run(jobs: 1))
        let file = folder + "toy-0000.safetensors"
        let single = [("first.w", DType.f32), ("change.w", .f16)].map { TensorInfo(name: $0, dtype: $1, shape: []) }
        try rewrite(file, keepingTensors: false, with: single) { $0["parameters"] = #"["w"]"# }
        let refused = TrainingError.trajectoryInvalid(
            file: file, key: "change.w", expected: "shape [states] + []", found: "[]")
        #expect(throws: refused) { try Trajectory(opening: file) }
    }
}
