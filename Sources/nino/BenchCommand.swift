import ArgumentParser
import Foundation
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors
import Training
import Verification

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine and this build: the figures of the README, from one run.",
        discussion: "Each figure is the best of several tries, since other work on the machine only ever makes it worse.")

    @OptionGroup var common: CommonOptions

    @Option(help: "The training task to time.")
    var task = "fm-16"

    @Option(help: ArgumentHelp("Folder of the data set.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("What task text learns.", valueName: "file"))
    var text: String?

    @Option(help: "Tries of each measurement.")
    var tries = 5

    private struct Figure: Encodable {
        let name: String
        let value: Double
        let unit: String
    }

    func validate() throws {
        guard (1...1000).contains(tries) else { throw ValidationError("--tries: expected 1 to 1000, found \(tries)") }
    }

    func run() throws {
        common.apply()
        for threads in Set([1, common.threads]).sorted() {
            Parallel.threads = threads
            try show("sgemm 4096x128x128, threads \(threads)", productRate(), "GFLOP/s")
        }
        let task = try TaskDescription.named(task)
        let model = try common.model(task.configuration)
        let examples = try task.loadData(.init(folder: data, text: text), for: TrainableModel(model))
        try show("\(task.name) training step, batch \(task.batchSize)", trainingStep(task, model, examples) * 1000, "ms")
        let (nowcast, encoding) = try nowcastStep(model)
        try show("\(task.name) NiNo step, width 128", nowcast * 1000, "ms")
        try show("\(task.name) positional encoding", encoding * 1000, "ms")
    }

    private func show(_ name: String, _ value: Double, _ unit: String) throws {
        if common.json { return try Output.json(Figure(name: name, value: value, unit: unit)) }
        Output.line("\(name.padding(toLength: 44, withPad: " ", startingAt: 0)) \(String(format: "%9.2f", value)) \(unit)")
    }

    /// Seconds of the fastest try.
    private func fastest(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        return try (0..<tries).reduce(Double.infinity) { best, _ in
            let time = try clock.measure(body)
            return min(best, time / .seconds(1))
        }
    }

    /// GFLOP/s of the product that a NiNo step is made of.
    private func productRate() -> Double {
        let (rows, width, repeats) = (4096, 128, 20)
        var random = SeededRandom(seed: common.seed, purpose: .syntheticData)
        let a = Tensor(shape: [rows, width], values: (0..<rows * width).map { _ in random.normal() })
        let b = Tensor(shape: [width, width], values: (0..<width * width).map { _ in random.normal() })
        let c = Tensor(shape: [rows, width])
        let seconds = fastest {
            for _ in 0..<repeats { gemm(m: rows, n: width, k: width, a.address, lda: width, b.address, ldb: width, c.address, ldc: width) }
        }
        return 2 * Double(rows * width * width * repeats) / seconds / 1e9
    }

    /// Seconds of a training step: batch, forward, backward, optimizer.
    private func trainingStep(_ task: TaskDescription, _ model: Model, _ examples: any DataSource) throws -> Double {
        var settings = TrainingSettings(task: task, seed: common.seed)
        let steps = 100
        // Never evaluates inside the measurement, and never reaches the target.
        settings.evaluationInterval = settings.steps
        let trainer = try Trainer(settings: settings, model: TrainableModel(model), data: examples)
        try trainer.run(until: 20)
        return try fastest { try trainer.run(until: trainer.step + steps) } / Double(steps)
    }

    /// Seconds of a nowcast in memory, and of the positional encoding it needs once a run.
    private func nowcastStep(_ model: Model) throws -> (nowcast: Double, encoding: Double) {
        let graph = try model.neuralGraph()
        let nodes = try NodeInput(graph)
        let form = BlockForm(GraphNetwork.random(seed: common.seed))
        let states = (0..<StateHistory.contextLength).map { model.initialParameters(seed: common.seed + UInt64($0)) }
        let history = try StateHistory(states, parameters: model.parameters)
        let nowcast = try fastest { _ = try form.nowcast(history, graph: graph, nodes: nodes, horizon: 10) }
        let encoding = try fastest { _ = try LaplacianPositionalEncoding(graph) }
        return (nowcast, encoding)
    }
}
