import CKernels
import NeuralGraphs
import Tensors

/// One sample on its way through NiNo's graph network, on the calling thread: nodes are kept, edges are recomputed tile
/// by tile whenever they are needed, so memory is O(nodes × H). Source: nino-model.md 3 and 4.
///
/// Written for any number of layers: layer i takes messages from the edges' inputs of level i (raw states at level 0,
/// hidden vectors later) and makes those of level i + 1.
final class GraphPass {
    let layout: NetworkLayout
    /// The network's weights with what is folded from them.
    let weights: UnsafePointer<Float>
    let updateScale: Float
    let sample: TrainingSample
    let scratch: SampleScratch
    let width: Int
    /// x before each layer and after the last: [nodes, H].
    var nodes: [Tensor] = []
    /// silu' where x after each layer was made.
    var nodeSlopes: [Tensor] = []
    /// Values that messages scale, by layer.
    var targetValues: [Tensor] = []
    var sourceValues: [Tensor] = []
    /// Sums of the inputs of each node's incoming edges, by layer: [nodes, columns].
    var inputSums: [Tensor] = []
    /// Mean messages, by layer.
    var aggregates: [Tensor] = []
    /// What edges take from their ends in each update.
    var sourceTerms: [Tensor] = []
    var targetTerms: [Tensor] = []

    init(
        _ layout: NetworkLayout, weights: UnsafePointer<Float>, updateScale: Float, wordEmbedding: [Float]?,
        sample: TrainingSample, scratch: SampleScratch
    ) {
        (self.layout, self.weights, self.updateScale, self.sample, self.scratch) = (
            layout, weights, updateScale, sample, scratch
        )
        width = layout.shape.width
        nodes = [apply(layout.nodeProjection, sample.encoding)]
        if let wordEmbedding {
            for (node, word) in graph.words.enumerated() {
                for h in 0..<width { nodes[0].values[node * width + h] += wordEmbedding[word * width + h] }
            }
        }
        for layer in layout.updates.indices {
            passMessages(layer)
            sourceTerms.append(apply(layout.updates[layer].source, nodes[layer + 1]))
            targetTerms.append(apply(layout.updates[layer].target, nodes[layer + 1]))
        }
    }

    var graph: TrainingGraph { sample.graph }
    /// The level of edges that are read out.
    var lastLevel: Int { layout.updates.count }

    private func apply(_ layer: LayerView, _ x: Tensor) -> Tensor {
        let y = rows(of: layer.bias)
        layer.weight.apply(weights, x.address, rows: graph.nodeCount, into: y.address, accumulate: true)
        return y
    }

    /// A vector of weights for each node; zeros for none.
    private func rows(of vector: Int?) -> Tensor {
        let y = Tensor(shape: [graph.nodeCount, width])
        if let vector {
            for node in 0..<graph.nodeCount { (y.address + node * width).update(from: weights + vector, count: width) }
        }
        return y
    }

    /// Calls `body` with the shape of a tile and the inputs of its edges at a level; the same memory for every tile.
    func withInputs(
        _ tile: TrainingTile, level: Int,
        _ body: (_ shape: UnsafePointer<nino_edge_tile_t>, _ inputs: UnsafeMutablePointer<Float>, _ columns: Int) ->
            Void
    ) {
        let sources = scratch.integers(.sources, tile.edges)
        tile.write(sources: sources, addresses: addresses(tile))
        var shape = nino_edge_tile_t(
            sources: sources, targets: Int64(tile.targets.count), fan_in: Int64(tile.places.count), width: Int64(width)
        )
        gatherStates(tile)
        for update in 0..<level {
            let hidden = scratch.floats(.hidden(update + 1), tile.edges * width)
            input(of: update, tile.stream).apply(weights, inputs(tile, level: update), rows: tile.edges, into: hidden)
            nino_edge_activation(
                &shape, sourceTerms[update].address, targetTerms[update].address + tile.firstTarget * width,
                weights + constants(layout.updates[update].constants, layer: update, tile.stream), hidden,
                scratch.floats(.slopes(update + 1), tile.edges * width))
        }
        body(&shape, inputs(tile, level: level), columns(tile.stream, level: level))
    }

    /// First scalars of the edges of the tile under way.
    func addresses(_ tile: TrainingTile) -> UnsafeMutablePointer<Int32> { scratch.integers(.addresses, tile.edges) }

    /// The inputs of a level as `withInputs` left them.
    func inputs(_ tile: TrainingTile, level: Int) -> UnsafeMutablePointer<Float> {
        level == 0
            ? scratch.floats(.inputs, tile.edges * tile.stream.channels)
            : scratch.floats(.hidden(level), tile.edges * width)
    }

    func columns(_ stream: TrainingGraph.Stream, level: Int) -> Int { level == 0 ? stream.channels : width }

    /// An update's weight on the inputs that a stream has.
    func input(of update: Int, _ stream: TrainingGraph.Stream) -> WeightView {
        layout.updates[update].input.first(inputs: columns(stream, level: update))
    }

    /// Offset of a stream's row of constants: only the first layer tells types apart.
    func constants(_ view: WeightView, layer: Int, _ stream: TrainingGraph.Stream) -> Int {
        view.offset + (layer == 0 ? stream.edges.type * width : 0)
    }

    private func gatherStates(_ tile: TrainingTile) {
        let channels = tile.stream.channels
        let inputs = scratch.floats(.inputs, tile.edges * channels)
        if let constant = tile.stream.constant {
            inputs.update(repeating: constant, count: tile.edges * channels)
        } else {
            nino_gather_rows(
                sample.states.address, addresses(tile), Int64(StateHistory.contextLength), Int64(tile.edges),
                Int64(channels), inputs)
        }
    }

    /// Message passing of one layer: makes the next nodes.
    private func passMessages(_ layer: Int) {
        let round = layout.messagePassing[layer]
        let x = nodes[layer]
        let (targets, sources) = (rows(of: round.targetBias), rows(of: nil))
        round.target.apply(weights, x.address, rows: graph.nodeCount, into: targets.address, accumulate: true)
        round.source.apply(weights, x.address, rows: graph.nodeCount, into: sources.address)
        let stride = layer == 0 ? graph.slotCount * StateHistory.contextLength : width
        let messages = scratch.zeros(.messages, graph.nodeCount * width)
        let sums = scratch.zeros(.inputSums(layer), graph.nodeCount * stride)
        graph.forEachTile { tile in
            withInputs(tile, level: layer) { shape, inputs, columns in
                let scales = scratch.floats(.scales, tile.edges * width)
                round.scale.first(inputs: columns).apply(weights, inputs, rows: tile.edges, into: scales)
                nino_edge_messages(
                    shape, scales, weights + constants(round.scaleConstants, layer: layer, tile.stream),
                    weights + constants(round.shiftConstants, layer: layer, tile.stream), sources.address,
                    targets.address + tile.firstTarget * width,
                    messages + tile.firstTarget * width)
                nino_group_sums(
                    inputs, Int64(tile.targets.count), Int64(tile.places.count), Int64(columns),
                    sums + tile.firstTarget * stride, Int64(stride))
            }
        }
        (targetValues, sourceValues) = (targetValues + [targets], sourceValues + [sources])
        finish(layer, messages, sums, columns: stride)
    }

    /// x' = silu(own(x) + aggregate(mean message) + bias).
    private func finish(_ layer: Int, _ messages: UnsafePointer<Double>, _ sums: UnsafePointer<Double>, columns: Int) {
        let round = layout.messagePassing[layer]
        let inputs = Tensor(shape: [graph.nodeCount, columns])
        for index in 0..<inputs.count { inputs.values[index] = Float(sums[index]) }
        let mean = rows(of: nil)
        round.shift.first(inputs: columns).apply(
            weights, inputs.address, rows: graph.nodeCount, into: mean.address)
        for node in 0..<graph.nodeCount {
            let share = 1 / Double(graph.fanIns[node])
            for index in (node * width)..<((node + 1) * width) {
                mean.values[index] = Float((Double(mean.values[index]) + messages[index]) * share)
            }
        }
        let (x, slopes) = (rows(of: nil), rows(of: nil))
        round.own.apply(weights, nodes[layer].address, rows: graph.nodeCount, into: x.address)
        round.aggregate.apply(weights, mean.address, rows: graph.nodeCount, into: x.address, accumulate: true)
        nino_row_activation(
            weights + round.bias.offset, Int64(graph.nodeCount), Int64(width), x.address, slopes.address)
        inputSums.append(inputs)
        aggregates.append(mean)
        nodes.append(x)
        nodeSlopes.append(slopes)
    }

    /// Calls `body` with the outputs of a tile's edges: [edges, slots · K], before the update's scale.
    func withOutputs(
        _ tile: TrainingTile,
        _ body: (_ shape: UnsafePointer<nino_edge_tile_t>, _ outputs: UnsafeMutablePointer<Float>, _ columns: Int) ->
            Void
    ) {
        withInputs(tile, level: lastLevel) { shape, inputs, _ in
            let hidden = scratch.floats(.readOutHidden, tile.edges * width)
            layout.readOutHidden.apply(weights, inputs, rows: tile.edges, into: hidden)
            nino_row_activation(
                weights + layout.readOutHiddenBias.offset, Int64(tile.edges), Int64(width), hidden,
                scratch.floats(.readOutSlopes, tile.edges * width))
            let columns = tile.stream.slots * layout.shape.horizons
            let outputs = scratch.floats(.outputs, tile.edges * columns)
            for edge in 0..<tile.edges {
                (outputs + edge * columns).update(from: weights + layout.readOut.bias, count: columns)
            }
            layout.readOut.weight.first(outputs: columns).apply(
                weights, hidden, rows: tile.edges, into: outputs, accumulate: true)
            body(shape, outputs, columns)
        }
    }

    /// Adds the predicted changes of a stream's edges up by scalar, then takes means over copies.
    ///
    /// - Returns: [scalars, K] in scaled units; 0 for scalars of streams that are not wanted.
    func changes(where isWanted: (TrainingGraph.Stream) -> Bool) -> Tensor {
        let horizons = layout.shape.horizons
        let changes = Tensor(shape: [graph.parameters.count, horizons])
        graph.forEachTile(where: { $0.constant == nil && isWanted($0) }) { tile in
            withOutputs(tile) { _, outputs, _ in
                nino_scatter_rows(
                    outputs, addresses(tile), Int64(tile.edges), Int64(tile.stream.slots), Int64(horizons), updateScale,
                    changes.address)
            }
        }
        for (parameter, counts) in graph.copies {
            let first = graph.parameters.entries[parameter].offset * horizons
            for (scalar, count) in counts.enumerated() {
                for index in (first + scalar * horizons)..<(first + (scalar + 1) * horizons) {
                    changes.values[index] /= count
                }
            }
        }
        return changes
    }
}
