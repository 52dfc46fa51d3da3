import NeuralGraphs
import Nowcasting
import Tensors

/// What a meta-training minimizes.
public protocol MetaObjective {
    var parameters: ParameterList { get }
    /// Shape [parameters.count]; changed by the trainer.
    var weights: Tensor { get }
    /// Samples in a batch.
    var batchSize: Int { get }

    /// Mean loss over the batch of a step, a function of the weights and the step alone, and its gradient.
    ///
    /// - Parameter gradient: shape [parameters.count]; overwritten.
    func lossAndGradient(step: Int, into gradient: Tensor) throws -> Double
}

/// The error of a network's predictions on random pieces of trajectories.
public final class TrajectoryObjective: MetaObjective {
    public let network: TrainableNetwork
    private let library: TrajectoryLibrary
    private let settings: MetaTrainingSettings
    private let ranks: any Communicator

    /// - Parameter ranks: who share a batch, each a part of its samples.
    /// - Throws: `NowcastError` for a graph that the network cannot take.
    public init(
        _ network: TrainableNetwork, library: TrajectoryLibrary, settings: MetaTrainingSettings,
        ranks: any Communicator = SingleProcess()
    ) throws {
        for item in library.training + library.heldOut { try network.check(item.graph) }
        (self.network, self.library, self.settings, self.ranks) = (network, library, settings, ranks)
    }

    public var parameters: ParameterList { network.parameters }
    public var weights: Tensor { network.weights }
    public var batchSize: Int { settings.trajectories * settings.slices }

    public func lossAndGradient(step: Int, into gradient: Tensor) throws -> Double {
        let own = ranks.shares(of: batchSize)[ranks.rank]
        let losses = try network.lossAndGradient(
            batch(step: step, places: own), loss: settings.loss, into: gradient, ranks: ranks)
        return losses.reduce(0, +) / Double(losses.count)
    }

    /// The samples of a step: trajectories of families drawn evenly, each with random signs of its encoding and several
    /// starting points.
    ///
    /// - Parameter places: of the samples that are wanted; nil for all.
    public func batch(step: Int, places: Range<Int>? = nil) throws -> [TrainingSample] {
        var random = SeededRandom(seed: settings.seed, purpose: .sampling, index: UInt64(step))
        let families = Dictionary(grouping: library.training, by: \.family).sorted { $0.key < $1.key }.map(\.value)
        var plan: [(item: TrajectoryLibrary.Item, start: Int, signs: [Float])] = []
        for _ in 0..<settings.trajectories {
            let family = families[random.integer(below: families.count)]
            let item = family[random.integer(below: family.count)]
            let signs: [Float] = (0..<LaplacianPositionalEncoding.width).map { _ in
                random.integer(below: 2) == 0 ? 1 : -1
            }
            for _ in 0..<settings.slices { plan.append((item, random.integer(below: item.startCount), signs)) }
        }
        let wanted = Array(plan[places ?? plan.indices])
        return try concurrently(wanted.count) {
            try wanted[$0].item.sample(
                start: wanted[$0].start, horizons: self.settings.shape.horizons, signs: wanted[$0].signs)
        }
    }
}

/// The results of `body` for 0 ..< count, in order, computed on all threads.
///
/// - Throws: the error of the lowest index that failed.
func concurrently<Result>(_ count: Int, _ body: (Int) throws -> Result) throws -> [Result] {
    var results = [Swift.Result<Result, any Error>?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { results in
        nonisolated(unsafe) let results = results
        Parallel.forEach(count) { index in results[index] = Swift.Result { try body(index) } }
    }
    return try results.map { try $0!.get() }
}
