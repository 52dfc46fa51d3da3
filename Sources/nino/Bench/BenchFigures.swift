import Derivation
import Foundation
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors
import Training

/// Prints figures, and takes the fastest of several tries.
struct BenchFigures {
    let isJSON: Bool
    let tries: Int
    let seed: UInt64

    private struct Figure: Encodable {
        let name: String
        let value: Double
        let unit: String
    }

    func show(_ name: String, _ value: Double, _ unit: String) throws {
        if isJSON { return try Output.json(Figure(name: name, value: value, unit: unit)) }
        Output.line(
            "\(name.padding(toLength: 52, withPad: " ", startingAt: 0)) \(String(format: "%10.2f", value)) \(unit)")
    }

    /// Seconds of the fastest try.
    func fastest(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        return try (0..<tries).reduce(Double.infinity) { best, _ in
            let time = try clock.measure(body)
            return min(best, time / .seconds(1))
        }
    }

    /// GFLOP/s of the product that a NiNo step is made of, 4096 × H × H, by OpenBLAS on this many threads.
    func productRate(threads: Int, width: Int = 128) -> Double {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = threads
        let (rows, repeats) = (4096, 20)
        var random = SeededRandom(seed: seed, purpose: .syntheticData)
        let a = Tensor(shape: [rows, width], values: (0..<rows * width).map { _ in random.normal() })
        let b = Tensor(shape: [width, width], values: (0..<width * width).map { _ in random.normal() })
        let c = Tensor(shape: [rows, width])
        let seconds = fastest {
            for _ in 0..<repeats {
                gemm(m: rows, n: width, k: width, a.address, lda: width, b.address, ldb: width, c.address, ldc: width)
            }
        }
        return 2 * Double(rows * width * width * repeats) / seconds / 1e9
    }

    /// Seconds of a training step: batch, forward, backward, optimizer.
    func trainingStep(_ task: TaskDescription, _ model: Model, _ examples: any DataSource) throws -> Double {
        var settings = TrainingSettings(task: task, seed: seed)
        let steps = 100
        // Never evaluates inside the measurement, and never reaches the target.
        settings.evaluationInterval = settings.steps
        let trainer = try Trainer(settings: settings, model: TrainableModel(model), data: examples)
        try trainer.run(until: 20)
        return try fastest { try trainer.run(until: trainer.step + steps) } / Double(steps)
    }

    /// Seconds of a nowcast in memory.
    func nowcastInMemory(_ model: Model) throws -> Double {
        let graph = try GraphInput(model.neuralGraph())
        let network = StreamedNetwork(NowcastNetwork.random(seed: seed))
        let states = (0..<StateHistory.contextLength).map { model.initialParameters(seed: seed &+ UInt64($0)) }
        let history = try StateHistory(states, parameters: model.parameters)
        return try fastest { _ = try network.nowcast(history, horizon: 10, graph: graph) }
    }

    /// Seconds of the positional encoding.
    func encoding(_ model: Model) throws -> Double {
        let graph = try model.neuralGraph()
        return try fastest { _ = try LaplacianPositionalEncoding(graph) }
    }
}
