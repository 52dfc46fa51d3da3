import Checkpoints
import Foundation
import NeuralGraphs
import Tensors

/// NiNo or WNN+ with its weights in one flat vector, for meta-training.
///
/// Gradients are exact and bit-identical for any number of threads: each sample is worked on by one thread, and the
/// samples' sums are added up in the order of the batch.
public final class TrainableNetwork {
    public let shape: NetworkShape
    /// Names and shapes of a checkpoint's tensors, the last convolution's left out, which feeds nothing.
    public let parameters: ParameterList
    /// Shape [parameters.count].
    public let weights: Tensor
    private let layout: Layout
    private let updateScale: Float
    /// Of checkpoints that have word positions; not trained.
    private let wordEmbedding: [Float]?
    private var folded: FoldedWeights
    private var gradients: [UnsafeMutableBufferPointer<Double>] = []
    private var scratches: [SampleScratch] = []

    private enum Layout {
        case graph(NetworkLayout)
        case scalar(WNNLayout)

        init(_ shape: NetworkShape) {
            switch shape.method {
            case .nino: self = .graph(NetworkLayout(shape))
            case .wnn: self = .scalar(WNNLayout(shape))
            }
        }

        var weights: WeightLayout {
            switch self {
            case .graph(let layout): layout.weights
            case .scalar(let layout): layout.weights
            }
        }

        /// The last layer.
        var readOut: LayerView {
            switch self {
            case .graph(let layout): layout.readOut
            case .scalar(let layout): layout.readOut
            }
        }
    }

    private init(_ shape: NetworkShape, updateScale: Float, wordEmbedding: [Float]?) {
        self.shape = shape
        (self.updateScale, self.wordEmbedding) = (updateScale, wordEmbedding)
        layout = Layout(shape)
        parameters = ParameterList(layout.weights.tensors)
        weights = Tensor(shape: [parameters.count])
        folded = FoldedWeights(layout.weights)
    }

    deinit {
        for buffer in gradients { buffer.deallocate() }
    }

    /// An untrained network that predicts no change: its last layer is zero, the others are drawn as PyTorch draws
    /// linear layers (uniform in ±1/√inputs) and embeddings (normal).
    public convenience init(_ shape: NetworkShape, seed: UInt64) {
        self.init(shape, updateScale: 1, wordEmbedding: nil)
        for (index, entry) in parameters.entries.enumerated() where entry.offset < layout.readOut.weight.offset {
            var random = SeededRandom(seed: seed, purpose: .initialWeights, index: UInt64(index))
            let inputs = entry.name.hasSuffix(".bias") ? parameters.entries[index - 1].shape[1] : entry.shape[1]
            let bound = 1 / Float(inputs).squareRoot()
            for scalar in entry.range {
                weights.values[scalar] =
                    entry.name == NetworkLayout.embeddingName ? random.normal() : random.uniform(in: -bound...bound)
            }
        }
    }

    /// The network of a checkpoint, ours or released, of either method.
    ///
    /// - Throws: `CheckpointError` for the file, `NowcastError` for what it holds.
    public convenience init(_ file: Checkpoint) throws {
        let network = try NowcastNetwork(file)
        self.init(network.shape, updateScale: network.updateScale, wordEmbedding: network.wordEmbedding)
        _ = weights.values.update(fromContentsOf: network.weights)
    }

    /// Checks that samples of a graph can be worked on.
    ///
    /// - Throws: `slots`, `edgeType`.
    public func check(_ graph: TrainingGraph) throws(NowcastError) {
        guard shape.method == .wnn || graph.slotCount <= shape.slots else {
            throw .slots(expectedAtMost: shape.slots, found: graph.slotCount)
        }
        guard graph.largestType < shape.edgeTypes else {
            throw .edgeType(expectedBelow: shape.edgeTypes, found: graph.largestType)
        }
    }

    /// False with word positions, which this cannot train.
    public var isTrainable: Bool { wordEmbedding == nil }

    // MARK: Passes

    /// Mean loss over a batch, and its gradient.
    ///
    /// - Parameter gradient: shape [parameters.count]; overwritten.
    /// - Returns: the loss of every sample.
    public func lossAndGradient(_ samples: [TrainingSample], loss: MetaLoss, into gradient: Tensor) -> [Double] {
        guard let losses = try? lossAndGradient(samples, loss: loss, into: gradient, ranks: SingleProcess()) else {
            preconditionFailure("a single process waits for nobody")
        }
        return losses
    }

    /// The same of a batch that ranks share: each has the samples of a share of its places.
    ///
    /// - Parameter samples: this rank's, in the order of the batch.
    /// - Returns: the loss of every sample of all ranks.
    /// - Throws: as an exchange.
    public func lossAndGradient(
        _ samples: [TrainingSample], loss: MetaLoss, into gradient: Tensor, ranks: any Communicator
    ) throws -> [Double] {
        precondition(isTrainable, "expected a network without word positions")
        fold()
        while gradients.count < samples.count {
            gradients.append(.allocate(capacity: folded.doubles.count))
        }
        var losses = [Double](repeating: 0, count: samples.count)
        losses.withUnsafeMutableBufferPointer { losses in
            nonisolated(unsafe) let losses = losses
            forEach(samples) { index, scratch in
                gradients[index].initialize(repeating: 0)
                losses[index] = addGradient(samples[index], loss, to: gradients[index].baseAddress!, scratch)
            }
        }
        let all = try Array(ranks.allGather(losses, padding: 0).joined())
        precondition(!all.isEmpty, "expected samples")
        try reduce(samples.count, of: all.count, into: gradient, ranks)
        return all
    }

    /// Predicted changes of a sample from its newest state, scaled, for all horizons: [scalars, K].
    public func changes(_ samples: [TrainingSample]) -> [Tensor] {
        fold()
        var changes = [Tensor?](repeating: nil, count: samples.count)
        changes.withUnsafeMutableBufferPointer { changes in
            nonisolated(unsafe) let changes = changes
            forEach(samples) { index, scratch in
                switch layout {
                case .graph(let layout):
                    changes[index] = graphPass(layout, samples[index], scratch).changes { _ in true }
                case .scalar(let layout): changes[index] = scalarPass(layout, samples[index], scratch).changes()
                }
            }
        }
        return changes.map { $0! }
    }

    private func addGradient(
        _ sample: TrainingSample, _ loss: MetaLoss, to gradient: UnsafeMutablePointer<Double>, _ scratch: SampleScratch
    ) -> Double {
        switch layout {
        case .graph(let layout): GraphGradient(graphPass(layout, sample, scratch), loss: loss, gradient: gradient).run()
        case .scalar(let layout): scalarPass(layout, sample, scratch).addGradient(loss, to: gradient)
        }
    }

    private func graphPass(_ layout: NetworkLayout, _ sample: TrainingSample, _ scratch: SampleScratch) -> GraphPass {
        GraphPass(
            layout, weights: folded.values.address, updateScale: updateScale, wordEmbedding: wordEmbedding,
            sample: sample,
            scratch: scratch)
    }

    private func scalarPass(_ layout: WNNLayout, _ sample: TrainingSample, _ scratch: SampleScratch) -> ScalarPass {
        ScalarPass(layout, weights: folded.values.address, updateScale: updateScale, sample: sample, scratch: scratch)
    }

    /// Calls `body` for every sample, largest first so that threads finish together.
    private func forEach(_ samples: [TrainingSample], _ body: (Int, SampleScratch) -> Void) {
        precondition(
            samples.allSatisfy { $0.horizons == shape.horizons }, "expected targets for \(shape.horizons) horizons")
        let order = samples.indices.sorted { (samples[$0].graph.edgeCount, $1) > (samples[$1].graph.edgeCount, $0) }
        while scratches.count < min(Parallel.threads, samples.count) { scratches.append(SampleScratch()) }
        Parallel.forEachWithWorker(samples.count) { place, worker in body(order[place], scratches[worker]) }
    }

    private func fold() { folded.fold(weights.address) }

    /// Adds the samples' gradients up in the order of the batch, and carries those of folded products back to the
    /// weights.
    private func reduce(_ own: Int, of count: Int, into gradient: Tensor, _ ranks: any Communicator) throws {
        var total = [Double](repeating: 0, count: folded.doubles.count)
        try ranks.passOn(&total) { total in
            for sample in 0..<own {
                let own = gradients[sample]
                for index in total.indices { total[index] += own[index] }
            }
        }
        total.withUnsafeMutableBufferPointer { total in
            for fold in layout.weights.folds.reversed() { fold.pullBack(folded.doubles, total.baseAddress!) }
        }
        for index in 0..<gradient.count { gradient.values[index] = Float(total[index] / Double(count)) }
    }
}

// Files.
extension TrainableNetwork {
    /// `model_args` as a checkpoint has them, JSON.
    private var arguments: String {
        let graph =
            "\"gnn\": true, \"layers\": \(shape.updates + 1), \"lpe\": \(LaplacianPositionalEncoding.width), "
            + "\"max_feat_size\": \(shape.slots)"
        return
            "{\"ctx\": \(StateHistory.contextLength), \"hid\": \(shape.width), \"seq_len\": \(shape.horizons), "
            + "\"edge_types\": \(shape.edgeTypes), \"upd_scale\": \(updateScale), "
            + "\"wte_pos_enc\": false, \(shape.method == .nino ? graph : "\"gnn\": false")}"
    }

    /// Writes a checkpoint that every command takes, under the released names; the last convolution, which feeds
    /// nothing, as zeros.
    ///
    /// - Throws: `CheckpointError.cannotWrite`.
    public func write(to path: String, metadata: [String: String] = [:]) throws(CheckpointError) {
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for entry in layout.weights.entries {
            let count = entry.shape.reduce(1, *)
            let values = entry.offset.map { Array(weights.values[$0..<($0 + count)]) }
            tensors[entry.name] = (entry.shape, values ?? [Float](repeating: 0, count: count))
        }
        let writer = try SafetensorsWriter(
            path, tensors: tensors.map { TensorInfo(name: $0, dtype: .f32, shape: $1.shape) },
            metadata: metadata.merging(["model_args": arguments]) { $1 })
        for tensor in writer.tensors { try writer.write(tensors[tensor.name]!.values, to: tensor.name) }
        try writer.commit()
    }
}
