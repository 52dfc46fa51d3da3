import CKernels
import NeuralGraphs
import Synchronization
import Tensors

/// Pass 3 of nino-model.md 4: predictions, written where they belong.
extension StreamedNowcast {
    /// - Parameter horizons: k of each sink.
    /// - Returns: for each, how far the nowcast is from the newest state.
    func readOut(_ horizons: [Int], into sinks: [any NowcastSink]) throws -> [ChangeMeasure] {
        let rows = ReadOutRows(weights, horizons: horizons)
        var (direct, copied): ([ReadOutPart], [Int]) = ([], [])
        for item in share.readOuts[rank] {
            switch item {
            case .direct(let index): direct.append(ReadOutPart(part: index, panel: plan.directReadOuts[index]))
            case .copied(let index): copied.append(index)
            }
        }
        let done = Mutex([PartMeasures]())
        func finished(_ part: Int, _ measures: [ChangeMeasure]) {
            done.withLock { $0.append(PartMeasures(part: part, measures: measures)) }
            options.journal?.finished(part: part, measures)
        }
        // Large panels first, so that threads finish together.
        try forEachTask(direct.sorted { $0.part < $1.part }, pass: .readOut) { part, scratch in
            var measure = [ChangeMeasure](repeating: ChangeMeasure(), count: horizons.count)
            try forEachPrediction(part.panel, rows, scratch) { prediction, index, change in
                try write(prediction, change, to: sinks[index], &measure[index])
            }
            finished(part.part, measure)
        }
        for index in copied {
            finished(
                plan.directReadOuts.count + index, try readOutCopies(plan.copiedReadOuts[index], rows, into: sinks))
        }
        let parts = plan.directReadOuts.count + plan.copiedReadOuts.count
        let fresh = try done.withLock { try PartMeasures.gather($0, horizons: horizons.count, ranks: options.ranks) }
        let all = (0..<parts).map { fresh[$0] ?? options.journal!.measures(ofPart: $0)! }
        return PartialMeasures.sum(all, count: horizons.count)
    }

    /// Calls `body` for each patch of a panel's scalars and each horizon with the predicted changes, scaled.
    private func forEachPrediction(
        _ panel: EdgePanel, _ rows: ReadOutRows, _ scratch: TileScratch,
        _ body: (_ prediction: Prediction, _ horizon: Int, _ change: UnsafeMutablePointer<Float>) throws -> Void
    ) throws {
        let stream = plan.streams[panel.stream]
        guard case .parameter(let scalars) = stream.values else { return }
        let states = try readStates(panel, scratch)
        let count = scalars.slots * rows.horizons
        // [slots, horizons, outer, inner], the last two as the states lie.
        let changes = scratch.floats(.output, count * states.channelStride)
        let inputTerms = inputTargetTerms(panel, scratch)
        forEachTile(panel, states, scratch) { tile in
            var tile = tile
            let (hidden, spare) = hiddenVectors(
                &tile, of: panel, updates: layout.updates.count, inputTerms: inputTerms, scratch)
            weights.readOutProduct.multiplyWithSilu(
                tile.joined, hidden, sourceTerms: nil, targetTerms: weights[layout.readOutHiddenBias], into: spare,
                scratch)
            let outputs = scratch.floats(.pre, count * EdgeTile.largest)
            nino_edge_outputs(
                spare, Int64(tile.edges), Int64(width), rows.weight, rows.bias, Int64(count), outputs,
                Int64(tile.edges))
            for row in 0..<count {
                spread(outputs + row * tile.edges, tile, states, into: changes + row * states.channelStride)
            }
        }
        for slot in 0..<scalars.slots {
            let newest = slot * StateHistory.contextLength + StateHistory.contextLength - 1
            try scalars.forEachPatch(of: panel, in: stream, slot: slot) { patch, row, column in
                let prediction = Prediction(
                    patch: patch, newest: states.place(channel: newest, row: row, column: column),
                    stride: states.outerStride)
                for horizon in 0..<rows.horizons {
                    let first = (slot * rows.horizons + horizon) * states.channelStride
                    try body(prediction, horizon, changes + first + row * states.outerStride + column)
                }
            }
        }
    }

    /// Puts the outputs of a tile's edges where its panel has them.
    private func spread(
        _ outputs: UnsafePointer<Float>, _ tile: EdgeTile, _ states: PanelStates,
        into changes: UnsafeMutablePointer<Float>
    ) {
        let first = changes + tile.firstTarget * states.targetStride + tile.firstPlace * states.placeStride
        for target in 0..<tile.targets {
            for source in 0..<tile.fanIn {
                first[target * states.targetStride + source * states.placeStride] =
                    outputs[target * tile.fanIn + source]
            }
        }
    }

    /// Adds the changes to the newest states and writes them in their own units; `change` is overwritten.
    private func write(
        _ prediction: Prediction, _ change: UnsafeMutablePointer<Float>, to sink: any NowcastSink,
        _ measure: inout ChangeMeasure
    ) throws {
        let (patch, stride, newest) = (prediction.patch, prediction.stride, prediction.newest)
        let scale = scaling.tensors[patch.parameter]
        for row in 0..<patch.rows {
            for index in (row * stride)..<(row * stride + patch.columns) {
                let nowcast = scale.unscale(newest[index] + change[index] * weights.updateScale)
                measure.add(newest: scale.unscale(newest[index]), nowcast: nowcast)
                change[index] = nowcast
            }
        }
        try sink.write(patch, from: change, stride: stride)
    }

    /// A parameter with copies: means of the changes over all copies, summed in the order of blocks and edges.
    private func readOutCopies(_ copied: TilePlan.CopiedParameter, _ rows: ReadOutRows, into sinks: [any NowcastSink])
        throws -> [ChangeMeasure]
    {
        let count = source.parameters.entries[copied.parameter].count
        let (sums, counts, newest) = (
            sinks.map { _ in Tensor(shape: [count]) }, Tensor(shape: [count]), Tensor(shape: [count])
        )
        for stage in copied.stages {
            try forEachTask(stage, pass: .readOut) { panel, scratch in
                try forEachPrediction(panel, rows, scratch) { prediction, horizon, change in
                    prediction.patch.forEachScalar { row, column, scalar in
                        sums[horizon].values[scalar] += change[row * prediction.stride + column]
                        if horizon == 0 { counts.values[scalar] += 1 }
                    }
                }
            }
        }
        let patch = ScalarPatch.run(copied.parameter, 0..<count)
        try source.read(patch, state: StateHistory.contextLength - 1, into: newest.address, stride: count)
        scaling.tensors[copied.parameter].scale(newest.address, rows: 1, columns: count, stride: count)
        let prediction = Prediction(patch: patch, newest: newest.address, stride: count)
        return try zip(sums, sinks).map { sums, sink in
            for index in 0..<count { sums.values[index] /= counts.values[index] }
            var measure = ChangeMeasure()
            try write(prediction, sums.address, to: sink, &measure)
            return measure
        }
    }
}

/// A patch of scalars, and where their newest states lie, scaled, `stride` from row to row.
private struct Prediction {
    let patch: ScalarPatch
    let newest: UnsafePointer<Float>
    let stride: Int
}

/// The rows of the read-out for some horizons, slot the slower axis: those of a graph with fewer slots come first.
private struct ReadOutRows {
    let horizons: Int
    /// [slots · horizons, H].
    let weight: [Float]
    let bias: [Float]

    init(_ weights: StreamedWeights, horizons: [Int]) {
        self.horizons = horizons.count
        let (layer, shape) = (weights.layout.readOut, weights.layout.shape)
        let rows = (0..<shape.slots).flatMap { slot in horizons.map { slot * shape.horizons + $0 - 1 } }
        weight = rows.flatMap { row in
            UnsafeBufferPointer(start: weights[layer.weight] + row * shape.width, count: shape.width)
        }
        bias = rows.map { weights.folded[layer.bias][$0] }
    }
}

/// A panel of the read-out under its number in the journal.
struct ReadOutPart: EdgeTask {
    let part: Int
    let panel: EdgePanel
    var edges: Int { panel.edges }
}
