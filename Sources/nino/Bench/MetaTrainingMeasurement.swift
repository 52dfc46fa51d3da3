import Checkpoints
import Foundation
import Nowcasting
import Tensors
import Training

/// Throughput of meta-training on given trajectories: what `meta-train --measure` prints.
struct MetaTrainingMeasurement: Encodable {
    let samplesPerSecond: Double
    let secondsPerBatch: Double
    let peakMemoryMegabytes: Int
    let loss: Double
    let gradientLength: Double

    enum CodingKeys: String, CodingKey {
        case loss, samplesPerSecond, secondsPerBatch, gradientLength
        case peakMemoryMegabytes = "peak_memory_mb"
    }

    /// Times loss and gradient of the first batch: the fastest of `tries`, since other work on the machine only ever
    /// makes it worse.
    ///
    /// - Parameter export: a folder for the batch and the network, `sample_<i>.safetensors` and `network.safetensors`,
    ///   so that Tools/meta_pytorch.py can do the same; nil for none.
    init(
        _ network: TrainableNetwork, _ objective: TrajectoryObjective, settings: MetaTrainingSettings, tries: Int,
        export: String?
    ) throws {
        // A fresh network's last layer is zero, and most of its gradient too.
        var random = SeededRandom(seed: settings.seed, purpose: .trials)
        for index in 0..<network.weights.count where network.weights.values[index] == 0 {
            network.weights.values[index] = random.uniform(in: -0.1...0.1)
        }
        let samples = try objective.batch(step: 0)
        if let export {
            try OutputFolder.make(export)
            for (index, sample) in samples.enumerated() {
                try sample.write(to: "\(export)/sample_\(index).safetensors")
            }
            try network.write(to: "\(export)/network.safetensors")
        }
        let gradient = Tensor(shape: [network.parameters.count])
        var (losses, best) = ([Double](), Double.infinity)
        for _ in 0..<tries {
            let time = ContinuousClock().measure {
                losses = network.lossAndGradient(samples, loss: settings.loss, into: gradient)
            }
            best = min(best, time / .seconds(1))
        }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        (secondsPerBatch, samplesPerSecond) = (best, Double(samples.count) / best)
        peakMemoryMegabytes = usage.ru_maxrss / 1024
        loss = losses.reduce(0, +) / Double(losses.count)
        gradientLength = gradient.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
}
