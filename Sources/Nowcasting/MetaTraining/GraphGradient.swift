import CKernels
import NeuralGraphs
import Tensors

/// Loss and gradient of a sample.
///
/// Everything behind a hidden vector's gradient is linear in it, so its two parts, from the read-out and from the
/// message passing of the next layer, are carried back in two passes over the edges, and no edge's gradient is stored
/// either.
final class GraphGradient {
    private let pass: GraphPass
    /// Of all weights and of what is folded from them; added to.
    private let gradient: UnsafeMutablePointer<Double>
    private let errorWeights: [[Float]]
    private let sums = WeightGradients()

    private var layout: NetworkLayout { pass.layout }
    private var graph: TrainingGraph { pass.graph }
    private var scratch: SampleScratch { pass.scratch }
    private var weights: UnsafePointer<Float> { pass.weights }
    private var width: Int { pass.width }

    init(_ pass: GraphPass, loss: MetaLoss, gradient: UnsafeMutablePointer<Double>) {
        (self.pass, self.gradient) = (pass, gradient)
        errorWeights = pass.sample.errorWeights(loss)
    }

    /// - Returns: the loss.
    func run() -> Double {
        for layer in layout.updates.indices {
            _ = scratch.zeros(.sourceSums(layer), graph.nodeCount * width)
            _ = scratch.zeros(.targetSums(layer), graph.nodeCount * width)
        }
        let loss = readOut()
        var dx = pullBackTerms(layout.updates.count - 1, into: Tensor(shape: [graph.nodeCount, width]))
        for layer in layout.updates.indices.reversed() {
            dx = pullBackMessages(layer, dx)
            if layer > 0 { dx = pullBackTerms(layer - 1, into: dx) }
        }
        add(layout.nodeProjection, pass.sample.encoding, dx)
        sums.flush(to: gradient)
        return loss
    }

    private func sum(of view: WeightView) -> WeightGradient { sums.sum(of: view) }

    // MARK: Edges

    /// The read-out's loss, and its gradient down to the edges' ends.
    private func readOut() -> Double {
        var loss = 0.0
        let copied = graph.copies.isEmpty ? nil : copiedGradients(&loss)
        let horizons = layout.shape.horizons
        graph.forEachTile(where: { $0.constant == nil }) { tile in
            pass.withOutputs(tile) { shape, outputs, columns in
                let (edges, slots) = (Int64(tile.edges), Int64(tile.stream.slots))
                if let copied, graph.copies[tile.stream.parameter] != nil {
                    nino_gather_rows(
                        copied.address, pass.addresses(tile), Int64(horizons), edges, Int64(columns), outputs)
                } else {
                    loss += nino_absolute_errors(
                        outputs, pass.sample.targets.address, pass.addresses(tile), errorWeights[tile.stream.parameter],
                        edges, slots, Int64(horizons), pass.updateScale)
                }
                pullBackOutputs(tile, shape, outputs, columns)
            }
        }
        return loss
    }

    /// Gradient of the outputs of parameters with copies, whose prediction is a mean: [scalars, K].
    private func copiedGradients(_ loss: inout Double) -> Tensor {
        let horizons = layout.shape.horizons
        let changes = pass.changes { graph.copies[$0.parameter] != nil }
        for (parameter, counts) in graph.copies.sorted(by: { $0.key < $1.key }) {
            let entry = graph.parameters.entries[parameter]
            let rows = scratch.integers(.identity, entry.count)
            for index in 0..<entry.count { rows[index] = Int32(index) }
            let own = changes.address + entry.offset * horizons
            loss += nino_absolute_errors(
                own, pass.sample.targets.address + entry.offset * horizons, rows, errorWeights[parameter],
                Int64(entry.count), 1, Int64(horizons), 1)
            for (scalar, count) in counts.enumerated() {
                for index in (scalar * horizons)..<((scalar + 1) * horizons) { own[index] *= pass.updateScale / count }
            }
        }
        return changes
    }

    private func pullBackOutputs(
        _ tile: TrainingTile, _ shape: UnsafePointer<nino_edge_tile_t>, _ outputs: UnsafeMutablePointer<Float>,
        _ columns: Int
    ) {
        let level = pass.lastLevel
        let slopes = scratch.floats(.readOutSlopes, tile.edges * width)
        let readOut = layout.readOut.weight.first(outputs: columns)
        sum(of: readOut).add(
            scratch.floats(.readOutHidden, tile.edges * width), outputs, rows: tile.edges, to: gradient)
        nino_row_sums(outputs, Int64(tile.edges), Int64(columns), gradient + layout.readOut.bias)
        let hidden = scratch.floats(.readOutGradients, tile.edges * width)
        readOut.pullBack(weights, outputs, rows: tile.edges, into: hidden)
        nino_row_activation_pullback(
            hidden, Int64(tile.edges), Int64(width), slopes, gradient + layout.readOutHiddenBias.offset)
        sum(of: layout.readOutHidden).add(pass.inputs(tile, level: level), slopes, rows: tile.edges, to: gradient)
        layout.readOutHidden.pullBack(
            weights, slopes, rows: tile.edges, into: scratch.floats(.gradients(level), tile.edges * width))
        pullBackHidden(tile, shape, level: level)
    }

    /// From the gradient of a tile's hidden vectors down to the raw states.
    private func pullBackHidden(_ tile: TrainingTile, _ shape: UnsafePointer<nino_edge_tile_t>, level: Int) {
        let update = level - 1
        let slopes = scratch.floats(.slopes(level), tile.edges * width)
        nino_edge_activation_pullback(
            shape, scratch.floats(.gradients(level), tile.edges * width), slopes,
            scratch.sums(.sourceSums(update), graph.nodeCount * width),
            scratch.sums(.targetSums(update), graph.nodeCount * width) + tile.firstTarget * width,
            gradient + pass.constants(layout.updates[update].constants, layer: update, tile.stream))
        let input = pass.input(of: update, tile.stream)
        sum(of: input).add(pass.inputs(tile, level: update), slopes, rows: tile.edges, to: gradient)
        guard update > 0 else { return }
        input.pullBack(weights, slopes, rows: tile.edges, into: scratch.floats(.gradients(update), tile.edges * width))
        pullBackHidden(tile, shape, level: update)
    }

    // MARK: Nodes

    /// Gradient of x after layer `layer`, through what its update's edges took from it; added to `dx`.
    private func pullBackTerms(_ layer: Int, into dx: Tensor) -> Tensor {
        let update = layout.updates[layer]
        for (view, name) in [
            (update.source, SampleScratch.Name.sourceSums(layer)), (update.target, .targetSums(layer)),
        ] {
            let dy = floats(scratch.sums(name, graph.nodeCount * width))
            add(view, pass.nodes[layer + 1], dy)
            view.weight.pullBack(weights, dy.address, rows: graph.nodeCount, into: dx.address, accumulate: true)
        }
        return dx
    }

    /// From the gradient of x after a layer to that before it.
    private func pullBackMessages(_ layer: Int, _ dx: Tensor) -> Tensor {
        let round = layout.messagePassing[layer]
        let (count, x) = (graph.nodeCount, pass.nodes[layer])
        let dy = pass.nodeSlopes[layer]
        nino_row_activation_pullback(
            dx.address, Int64(count), Int64(width), dy.address, gradient + round.bias.offset)
        add(round.own, x, dy)
        add(round.aggregate, pass.aggregates[layer], dy)
        let (result, messages) = (Tensor(shape: [count, width]), Tensor(shape: [count, width]))
        round.own.pullBack(weights, dy.address, rows: count, into: result.address)
        round.aggregate.pullBack(weights, dy.address, rows: count, into: messages.address)
        for node in 0..<count {
            for index in (node * width)..<((node + 1) * width) { messages.values[index] /= graph.fanIns[node] }
        }
        add(round.shift.first(inputs: pass.inputSums[layer].shape[1]), pass.inputSums[layer], messages)
        pullBackEdges(layer, messages)
        let halves: [(WeightView, SampleScratch.Name)] = [
            (round.target, .valueTargetSums), (round.source, .valueSourceSums),
        ]
        for (view, name) in halves {
            let values = floats(scratch.sums(name, count * width))
            add(view, x, values)
            view.pullBack(weights, values.address, rows: count, into: result.address, accumulate: true)
        }
        let values = scratch.sums(.valueTargetSums, count * width)
        for index in 0..<(count * width) { gradient[round.targetBias + index % width] += values[index] }
        return result
    }

    /// The edges' part of a layer's message passing.
    private func pullBackEdges(_ layer: Int, _ messages: Tensor) {
        let round = layout.messagePassing[layer]
        let (sources, targets) = (
            scratch.zeros(.valueSourceSums, graph.nodeCount * width),
            scratch.zeros(.valueTargetSums, graph.nodeCount * width)
        )
        // What every edge into a node gets through the shift.
        let shift = Tensor(shape: [graph.nodeCount, width])
        if layer > 0 {
            round.shift.pullBack(weights, messages.address, rows: graph.nodeCount, into: shift.address)
        }
        graph.forEachTile { tile in
            pass.withInputs(tile, level: layer) { shape, inputs, columns in
                let (scales, scaleGradients) = (
                    scratch.floats(.scales, tile.edges * width), scratch.floats(.scaleGradients, tile.edges * width)
                )
                let scale = round.scale.first(inputs: columns)
                scale.apply(weights, inputs, rows: tile.edges, into: scales)
                let (first, scaleConstants) = (
                    tile.firstTarget * width, pass.constants(round.scaleConstants, layer: layer, tile.stream)
                )
                var places = nino_message_sums_t(
                    sources: sources, targets: targets + first, scale_constants: gradient + scaleConstants,
                    shift_constants: gradient + pass.constants(round.shiftConstants, layer: layer, tile.stream))
                nino_edge_messages_pullback(
                    shape, scales, weights + scaleConstants, pass.sourceValues[layer].address,
                    pass.targetValues[layer].address + first,
                    messages.address + first, scaleGradients, &places)
                sum(of: scale).add(inputs, scaleGradients, rows: tile.edges, to: gradient)
                guard layer > 0 else { return }
                let hidden = scratch.floats(.gradients(layer), tile.edges * width)
                for edge in 0..<tile.edges {
                    (hidden + edge * width).update(
                        from: shift.address + first + edge / tile.places.count * width, count: width)
                }
                scale.pullBack(weights, scaleGradients, rows: tile.edges, into: hidden, accumulate: true)
                pullBackHidden(tile, shape, level: layer)
            }
        }
    }

    private func floats(_ sums: UnsafePointer<Double>) -> Tensor {
        let tensor = Tensor(shape: [graph.nodeCount, width])
        for index in 0..<tensor.count { tensor.values[index] = Float(sums[index]) }
        return tensor
    }

    /// Adds the gradient of a node layer, tile by tile.
    private func add(_ view: WeightView, _ x: Tensor, _ dy: Tensor) {
        for first in stride(from: 0, to: graph.nodeCount, by: TrainingTile.largest) {
            let rows = min(TrainingTile.largest, graph.nodeCount - first)
            sum(of: view).add(
                x.address + first * view.inputs, dy.address + first * view.outputs, rows: rows, to: gradient)
        }
    }

    private func add(_ layer: LayerView, _ x: Tensor, _ dy: Tensor) {
        add(layer.weight, x, dy)
        nino_row_sums(dy.address, Int64(graph.nodeCount), Int64(layer.weight.outputs), gradient + layer.bias)
    }
}
