import CKernels
import NeuralGraphs
import Tensors

/// One sample on its way through WNN+, on the calling thread: every scalar by itself, tile by tile. Source:
/// nino-model.md 3.2.
final class ScalarPass {
    private let layout: WNNLayout
    private let weights: UnsafePointer<Float>
    private let updateScale: Float
    private let sample: TrainingSample
    private let scratch: SampleScratch
    private var width: Int { layout.shape.width }
    private var horizons: Int { layout.shape.horizons }
    /// Hidden layers, the folded first one included.
    private var depth: Int { layout.hidden.count + 1 }

    init(
        _ layout: WNNLayout, weights: UnsafePointer<Float>, updateScale: Float, sample: TrainingSample,
        scratch: SampleScratch
    ) {
        (self.layout, self.weights, self.updateScale, self.sample, self.scratch) = (
            layout, weights, updateScale, sample, scratch
        )
    }

    private struct Tile {
        let parameter: Int
        /// Flat index of the first scalar.
        let first: Int
        let count: Int
    }

    private func forEachTile(_ body: (Tile) -> Void) {
        for (parameter, entry) in sample.graph.parameters.entries.enumerated() {
            for first in stride(from: 0, to: entry.count, by: TrainingTile.largest) {
                body(
                    Tile(
                        parameter: parameter, first: entry.offset + first,
                        count: min(TrainingTile.largest, entry.count - first)))
            }
        }
    }

    /// Calls `body` with the outputs of a tile, [scalars, K], before the update's scale, and the tile as edges from the
    /// types to one target.
    private func withOutputs(
        _ tile: Tile, _ body: (_ shape: UnsafePointer<nino_edge_tile_t>, _ outputs: UnsafeMutablePointer<Float>) -> Void
    ) {
        let types = scratch.integers(.sources, tile.count)
        let offset = sample.graph.parameters.entries[tile.parameter].offset
        for index in 0..<tile.count {
            types[index] = Int32(sample.graph.types.type(of: tile.first - offset + index, in: tile.parameter))
        }
        var shape = nino_edge_tile_t(sources: types, targets: 1, fan_in: Int64(tile.count), width: Int64(width))
        let zeros = scratch.floats(.scales, width)
        zeros.update(repeating: 0, count: width)
        let (first, slopes) = (
            scratch.floats(.hidden(1), tile.count * width), scratch.floats(.slopes(1), tile.count * width)
        )
        layout.input.apply(weights, states(tile), rows: tile.count, into: first)
        nino_edge_activation(&shape, weights + layout.constants.offset, zeros, zeros, first, slopes)
        for (index, layer) in layout.hidden.enumerated() {
            let (hidden, slopes) = (
                scratch.floats(.hidden(index + 2), tile.count * width),
                scratch.floats(.slopes(index + 2), tile.count * width)
            )
            layer.weight.apply(
                weights, scratch.floats(.hidden(index + 1), tile.count * width), rows: tile.count, into: hidden)
            nino_row_activation(weights + layer.bias, Int64(tile.count), Int64(width), hidden, slopes)
        }
        let outputs = scratch.floats(.outputs, tile.count * horizons)
        for scalar in 0..<tile.count {
            (outputs + scalar * horizons).update(from: weights + layout.readOut.bias, count: horizons)
        }
        layout.readOut.weight.apply(
            weights, scratch.floats(.hidden(depth), tile.count * width), rows: tile.count, into: outputs,
            accumulate: true)
        body(&shape, outputs)
    }

    private func states(_ tile: Tile) -> UnsafePointer<Float> {
        UnsafePointer(sample.states.address + tile.first * StateHistory.contextLength)
    }

    /// - Returns: predicted changes, [scalars, K], in scaled units.
    func changes() -> Tensor {
        let changes = Tensor(shape: [sample.graph.parameters.count, horizons])
        forEachTile { tile in
            withOutputs(tile) { _, outputs in
                nino_scale(
                    updateScale, outputs, changes.address + tile.first * horizons, Int64(tile.count * horizons), 0)
            }
        }
        return changes
    }

    /// Adds the gradient of the sample's loss, and returns the loss.
    func addGradient(_ loss: MetaLoss, to gradient: UnsafeMutablePointer<Double>) -> Double {
        let errorWeights = sample.errorWeights(loss)
        let sums = WeightGradients()
        let rows = scratch.integers(.identity, TrainingTile.largest)
        for index in 0..<TrainingTile.largest { rows[index] = Int32(index) }
        var total = 0.0
        forEachTile { tile in
            withOutputs(tile) { shape, outputs in
                total += nino_absolute_errors(
                    outputs, sample.targets.address + tile.first * horizons, rows, errorWeights[tile.parameter],
                    Int64(tile.count), 1, Int64(horizons), updateScale)
                pullBack(tile, shape, outputs, sums, gradient)
            }
        }
        sums.flush(to: gradient)
        return total
    }

    private func pullBack(
        _ tile: Tile, _ shape: UnsafePointer<nino_edge_tile_t>, _ outputs: UnsafeMutablePointer<Float>,
        _ sums: WeightGradients,
        _ gradient: UnsafeMutablePointer<Double>
    ) {
        let dx = scratch.floats(.readOutGradients, tile.count * width)
        var (dy, layer, columns) = (outputs, layout.readOut, horizons)
        for index in (0..<layout.hidden.count).reversed() {
            let slopes = pullBack(layer, dy, columns, into: dx, level: index + 2, tile, sums, gradient)
            nino_row_activation_pullback(dx, Int64(tile.count), Int64(width), slopes, scratch.zeros(.messages, width))
            (dy, layer, columns) = (slopes, layout.hidden[index], width)
        }
        let slopes = pullBack(layer, dy, columns, into: dx, level: 1, tile, sums, gradient)
        nino_edge_activation_pullback(
            shape, dx, slopes, gradient + layout.constants.offset, scratch.zeros(.valueTargetSums, width),
            scratch.zeros(.valueSourceSums, width))
        sums.sum(of: layout.input).add(states(tile), slopes, rows: tile.count, to: gradient)
    }

    /// A layer's own gradient from that of its outputs, and the gradient of its inputs.
    ///
    /// - Returns: slopes of the inputs.
    private func pullBack(
        _ layer: LayerView, _ dy: UnsafeMutablePointer<Float>, _ columns: Int, into dx: UnsafeMutablePointer<Float>,
        level: Int, _ tile: Tile,
        _ sums: WeightGradients, _ gradient: UnsafeMutablePointer<Double>
    ) -> UnsafeMutablePointer<Float> {
        nino_row_sums(dy, Int64(tile.count), Int64(columns), gradient + layer.bias)
        sums.sum(of: layer.weight).add(
            scratch.floats(.hidden(level), tile.count * width), dy, rows: tile.count, to: gradient)
        layer.weight.pullBack(weights, dy, rows: tile.count, into: dx)
        return scratch.floats(.slopes(level), tile.count * width)
    }
}
