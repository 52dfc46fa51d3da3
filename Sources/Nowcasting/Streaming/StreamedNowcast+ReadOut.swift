import CKernels
import NeuralGraphs
import Synchronization
import Tensors

/// Pass 3 of nino-model.md 4: predictions, written where they belong.
extension StreamedNowcast {
    /// - Parameter horizon: k.
    /// - Returns: how far the nowcast is from the newest state.
    func readOut(horizon: Int, into sink: some NowcastSink) -> ChangeMeasure {
        let direct = plan.directReadOuts.enumerated().map { ReadOutPart(part: $0, panel: $1) }
        let measures = Mutex(
            [ChangeMeasure](repeating: ChangeMeasure(), count: direct.count + plan.copiedReadOuts.count))
        var left: [ReadOutPart] = []
        for part in direct {
            if let done = options.journal?.measure(ofPart: part.part) {
                measures.withLock { $0[part.part] = done }
            } else {
                left.append(part)
            }
        }
        forEachTask(left, pass: .readOut) { part, scratch in
            var measure = ChangeMeasure()
            forEachPrediction(part.panel, horizon: horizon, scratch) { scalars, patch, change, newest, stride in
                writePredictions(scalars.parameter, patch, change, newest, stride, to: sink, &measure)
            }
            measures.withLock { $0[part.part] = measure }
            if !sink.hasFailed { options.journal?.finished(part: part.part, measure) }
        }
        for (index, copied) in plan.copiedReadOuts.enumerated() where !isStopped {
            let part = direct.count + index
            let measure =
                options.journal?.measure(ofPart: part)
                ?? readOutCopies(copied, part: part, horizon: horizon, into: sink)
            measures.withLock { $0[part] = measure }
        }
        return .sum(measures.withLock { $0 })
    }

    /// Calls `body` for each patch of a panel's scalars with their predicted changes and newest states, both scaled.
    private func forEachPrediction(
        _ panel: EdgePanel, horizon: Int, _ scratch: TileScratch,
        _ body: (
            EdgeStream.Scalars, ScalarPatch, _ change: UnsafeMutablePointer<Float>, _ newest: UnsafePointer<Float>,
            _ stride: Int
        ) -> Void
    ) {
        let stream = plan.streams[panel.stream]
        guard case .parameter(let scalars) = stream.values else { return }
        let rows = network.network.readOut(horizon: horizon, slots: scalars.slots)
        let states = readStates(panel, scratch)
        let inputTerms = inputTargetTerms(panel, scratch)
        // [slots, outer, inner], as the states lie.
        let changes = scratch.floats(.output, scalars.slots * panel.edges)
        forEachTile(panel, states, scratch) { tile in
            var tile = tile
            let (hidden, spare) = hiddenVectors(
                &tile, of: panel, updates: network.updates.count, inputTerms: inputTerms, scratch)
            matrices.readOut.multiply(rows: tile.edges, hidden, into: spare, scratch)
            let outputs = scratch.floats(.pre, scalars.slots * EdgeTile.largest)
            nino_edge_read_out(
                spare, Int64(tile.edges), Int64(width), network.readOutHidden.bias, rows.weight, rows.bias,
                Int64(scalars.slots), outputs, Int64(tile.edges))
            for slot in 0..<scalars.slots {
                spread(outputs + slot * tile.edges, tile, states, into: changes + slot * panel.edges)
            }
        }
        for slot in 0..<scalars.slots {
            let newest =
                states.values + (slot * StateHistory.contextLength + StateHistory.contextLength - 1) * panel.edges
            scalars.forEachPatch(of: panel, in: stream, slot: slot) { patch, place in
                body(scalars, patch, changes + slot * panel.edges + place, newest + place, states.inner)
            }
        }
    }

    /// Puts the outputs of a tile's edges where its panel has them.
    private func spread(
        _ outputs: UnsafePointer<Float>, _ tile: EdgeTile, _ states: PanelStates,
        into changes: UnsafeMutablePointer<Float>
    ) {
        let first = changes + tile.firstTarget * states.targetStride + tile.firstSource * states.sourceStride
        for target in 0..<tile.targets {
            for source in 0..<tile.fanIn {
                first[target * states.targetStride + source * states.sourceStride] =
                    outputs[target * tile.fanIn + source]
            }
        }
    }

    /// Adds the changes to the newest states and writes them in their own units; `change` is overwritten.
    private func writePredictions(
        _ parameter: Int, _ patch: ScalarPatch, _ change: UnsafeMutablePointer<Float>, _ newest: UnsafePointer<Float>,
        _ stride: Int,
        to sink: some NowcastSink, _ measure: inout ChangeMeasure
    ) {
        let scale = scaling.tensors[parameter]
        for row in 0..<patch.rows {
            for index in (row * stride)..<(row * stride + patch.columns) {
                let nowcast = scale.unscale(newest[index] + change[index] * network.network.updateScale)
                measure.add(newest: scale.unscale(newest[index]), nowcast: nowcast)
                change[index] = nowcast
            }
        }
        sink.write(patch, from: change, stride: stride)
    }

    /// A parameter with copies: means of the changes over all copies, summed in the order of blocks and edges.
    private func readOutCopies(_ copied: TilePlan.CopiedParameter, part: Int, horizon: Int, into sink: some NowcastSink)
        -> ChangeMeasure
    {
        let count = source.parameters.entries[copied.parameter].count
        let (sums, counts, newest) = (Tensor(shape: [count]), Tensor(shape: [count]), Tensor(shape: [count]))
        for stage in copied.stages {
            forEachTask(stage, pass: .readOut) { panel, scratch in
                forEachPrediction(panel, horizon: horizon, scratch) { _, patch, change, _, stride in
                    for row in 0..<patch.rows {
                        for column in 0..<patch.columns {
                            let scalar = patch.first + row * patch.rowStride + column * patch.columnStride
                            sums.values[scalar] += change[row * stride + column]
                            counts.values[scalar] += 1
                        }
                    }
                }
            }
        }
        var measure = ChangeMeasure()
        guard !isStopped else { return measure }
        let patch = ScalarPatch(
            parameter: copied.parameter, first: 0, rows: 1, rowStride: 0, columns: count, columnStride: 1)
        source.read(patch, state: StateHistory.contextLength - 1, into: newest.address, stride: count)
        scaling.tensors[copied.parameter].scale(newest.address, rows: 1, columns: count, stride: count)
        for index in 0..<count { sums.values[index] /= counts.values[index] }
        writePredictions(copied.parameter, patch, sums.address, newest.address, count, to: sink, &measure)
        if !sink.hasFailed { options.journal?.finished(part: part, measure) }
        return measure
    }
}

/// A panel of the read-out under its number in the journal.
struct ReadOutPart: EdgeTask {
    let part: Int
    let panel: EdgePanel
    var edges: Int { panel.edges }
}
