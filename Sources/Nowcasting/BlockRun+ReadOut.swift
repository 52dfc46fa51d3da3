import CKernels
import NeuralGraphs
import Tensors

/// Pass 3 of nino-model.md 4: predictions, written where they belong.
extension BlockRun {
    /// - Parameter horizon: k.
    func readOut(horizon: Int, into sink: some NowcastSink) {
        tasks.forEach(plan.directReadOuts) { task, scratch in
            forEachPrediction(task, horizon: horizon, scratch) { scalars, patch, change, newest, stride in
                writePredictions(scalars.parameter, patch, change, newest, stride, to: sink)
            }
        }
        if !plan.copiedReadOuts.isEmpty { readOutCopies(horizon: horizon, into: sink) }
    }

    /// Calls `body` for each patch of scalars with their predicted changes and newest states, both scaled.
    @inline(__always)
    private func forEachPrediction(
        _ task: TilePlan.ReadOutTask, horizon: Int, _ scratch: TileScratch,
        _ body: (EdgeStream.Scalars, ScalarPatch, _ change: UnsafeMutablePointer<Float>, _ newest: UnsafePointer<Float>, _ stride: Int) -> Void
    ) {
        let stream = plan.streams[task.stream]
        guard case .parameter(let scalars) = stream.values else { return }
        let length = StateHistory.contextLength
        let rows = network.network.readOut(horizon: horizon, slots: scalars.slots)
        for first in Swift.stride(from: task.targets.lowerBound, to: task.targets.upperBound, by: TilePlan.edgesPerTile) {
            let targets = first..<min(first + TilePlan.edgesPerTile, task.targets.upperBound)
            let limit = max(1, TilePlan.edgesPerTile / targets.count)
            let inputTerms = inputTargetTerms(stream, targets, scratch)
            stream.forEachTile(targets: targets, sources: task.sources, limit: limit) { tile in
                let output = scratch.floats(.output, scalars.slots * tile.edges)
                withHidden(stream, tile, updates: network.updates.count, inputTerms: inputTerms, scratch) { _, hidden, spare in
                    tileProduct(rows: tile.edges, inner: width, columns: width, hidden, network.readOutHidden.weight, into: spare)
                    nino_edge_read_out(
                        spare, Int64(tile.edges), Int64(width), network.readOutHidden.bias, rows.weight, rows.bias, Int64(scalars.slots), output,
                        Int64(tile.edges))
                }
                let channels = scratch.floats(.channels, 0)
                for slot in 0..<scalars.slots {
                    let newest = channels + (slot * length + length - 1) * tile.edges
                    scalars.forEachPatch(of: tile, in: stream, slot: slot) { patch, edge in
                        body(scalars, patch, output + slot * tile.edges + edge, newest + edge, tile.fanIn)
                    }
                }
            }
        }
    }

    /// Adds the changes to the newest states and writes them in their own units; `change` is overwritten.
    private func writePredictions(
        _ parameter: Int, _ patch: ScalarPatch, _ change: UnsafeMutablePointer<Float>, _ newest: UnsafePointer<Float>, _ stride: Int,
        to sink: some NowcastSink
    ) {
        let scale = scaling.tensors[parameter]
        for row in 0..<patch.rows {
            for index in (row * stride)..<(row * stride + patch.columns) {
                change[index] = scale.unscale(newest[index] + change[index] * network.network.updateScale)
            }
        }
        sink.write(patch, from: change, stride: stride)
    }

    /// Parameters with copies: means of the changes over all copies, summed in the order of blocks and edges.
    private func readOutCopies(horizon: Int, into sink: some NowcastSink) {
        var sums: [Int: Tensor] = [:]
        var counts: [Int: Tensor] = [:]
        for parameter in plan.copiedParameters {
            sums[parameter] = Tensor(shape: [source.parameters.entries[parameter].count])
            counts[parameter] = Tensor(shape: [source.parameters.entries[parameter].count])
        }
        for stage in plan.copiedReadOuts {
            tasks.forEach(stage) { task, scratch in
                forEachPrediction(task, horizon: horizon, scratch) { scalars, patch, change, _, stride in
                    let (sum, count) = (sums[scalars.parameter]!.address, counts[scalars.parameter]!.address)
                    for row in 0..<patch.rows {
                        for column in 0..<patch.columns {
                            let scalar = patch.first + row * patch.rowStride + column * patch.columnStride
                            sum[scalar] += change[row * stride + column]
                            count[scalar] += 1
                        }
                    }
                }
            }
        }
        for parameter in plan.copiedParameters { writeMeans(parameter, sums[parameter]!, counts[parameter]!, to: sink) }
    }

    private func writeMeans(_ parameter: Int, _ sums: Tensor, _ counts: Tensor, to sink: some NowcastSink) {
        let patch = ScalarPatch(parameter: parameter, first: 0, rows: 1, rowStride: 0, columns: sums.count, columnStride: 1)
        let newest = Tensor(shape: [sums.count])
        source.read(patch, state: StateHistory.contextLength - 1, into: newest.address, stride: sums.count)
        scaling.tensors[parameter].scale(newest.address, rows: 1, columns: sums.count, stride: sums.count)
        for index in 0..<sums.count { sums.values[index] /= counts.values[index] }
        writePredictions(parameter, patch, sums.address, newest.address, sums.count, to: sink)
    }
}
