import CKernels
import Tensors

/// Passes 1 and 2 of nino-model.md 4: message passing, target tile by target tile.
///
/// With scale and shift affine in an edge's inputs f (raw states, then hidden vector), the sum of a target's messages is
/// Σ (scale f) ⊙ y_s + (scale Σf + Σ scale constants) ⊙ z_t + Σ scale constants ⊙ y_s + shift Σf + Σ shift constants,
/// where z and y are the target and source halves of `pre`. Only the first term needs a vector an edge.
extension BlockRun {
    /// Convolution `layer`: replaces the nodes' states.
    func passMessages(_ layer: Int) {
        let convolution = network.convolutions[layer]
        let values = apply(convolution.source, to: nodes)
        let blockSums = columnSums(of: values)
        tasks.forEach(plan.targetTiles) { tile, scratch in
            let inputs = layer == 0 ? network.slots * StateHistory.contextLength : width
            var sums = MessageSums(tile, width: width, inputs: inputs, scratch: scratch)
            for index in plan.incoming[tile.block] {
                let stream = plan.streams[index]
                if layer == 0 {
                    addInputMessages(stream, tile, values: values, to: sums, scratch)
                } else {
                    addHiddenMessages(stream, tile, layer: layer, values: values, to: sums, scratch)
                }
                let constants = EdgeConstants(convolution, stream, isTyped: layer == 0, width: width)
                sums.addConstants(constants, stream, tile, values: values, blockSums: blockSums)
            }
            finish(tile, sums, convolution, isFirst: layer == 0, scratch)
        }
    }

    /// Column sums of each node block's rows: [blocks, H].
    private func columnSums(of values: Tensor) -> [Float] {
        var sums = [Float](repeating: 0, count: plan.nodeBlocks.count * width)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums
            Parallel.forEach(plan.nodeBlocks.count) { block in
                let nodes = plan.nodeBlocks[block]
                nino_column_sums(
                    values.address + nodes.lowerBound * width, Int64(nodes.count), Int64(width), Int64(width), sums.baseAddress! + block * width, 0)
            }
        }
        return sums
    }

    /// Σ (scale a) ⊙ y and Σ a for inputs a that are raw states: one product of each channel's matrix with the values.
    private func addInputMessages(
        _ stream: EdgeStream, _ tile: TilePlan.TargetTile, values: Tensor, to sums: MessageSums, _ scratch: TileScratch
    ) {
        guard case .parameter(let scalars) = stream.values else { return }
        let channels = stream.channelCount
        let targets = tile.targets.count
        // Long rows make better products; together the channels stay in the second-level cache.
        let limit = min(256, max(16, 65536 / (channels * targets)))
        stream.forEachTile(targets: tile.targets, sources: stream.sources, limit: limit) { edges in
            let states = readStates(scalars, stream, edges, scratch)
            sums.addInputs(states, channels: channels, fanIn: edges.fanIn)
            if edges.fanIn == 1 {
                scratch.withSources(edges.edges) { sources in
                    stream.writeSources(of: edges, into: sources)
                    var shape = nino_edge_tile_t(sources: sources, targets: Int64(targets), fan_in: 1, width: Int64(width))
                    nino_edge_input_message_sums(
                        &shape, states, Int64(channels), Int64(edges.edges), network.convolutions[0].scale, values.address, sums.messages)
                }
            } else {
                let product = scratch.floats(.product, channels * targets * width)
                tileProduct(
                    rows: channels * targets, inner: edges.fanIn, columns: width, states, values.address + edges.sources.lowerBound * width, into: product)
                nino_channel_message_sums(product, network.convolutions[0].scale, Int64(channels), Int64(targets), Int64(width), sums.messages)
            }
        }
    }

    /// Σ (scale h) ⊙ y and Σ h for the hidden edge vectors h that layer `layer` sees.
    private func addHiddenMessages(
        _ stream: EdgeStream, _ tile: TilePlan.TargetTile, layer: Int, values: Tensor, to sums: MessageSums, _ scratch: TileScratch
    ) {
        let inputTerms = inputTargetTerms(stream, tile.targets, scratch)
        stream.forEachTile(targets: tile.targets, sources: stream.sources, limit: tile.sourceLimit) { edges in
            withHidden(stream, edges, updates: layer, inputTerms: inputTerms, scratch) { shape, hidden, spare in
                tileProduct(rows: edges.edges, inner: width, columns: width, hidden, network.convolutions[layer].scale, into: spare)
                nino_edge_message_sums(shape, spare, hidden, values.address, sums.messages, sums.inputs)
            }
        }
    }

    /// x' = own(x) + aggregate(mean of messages), then silu, in place.
    private func finish(
        _ tile: TilePlan.TargetTile, _ sums: MessageSums, _ convolution: FoldedNetwork.Convolution, isFirst: Bool, _ scratch: TileScratch
    ) {
        let rows = tile.targets.count
        let count = rows * width
        let x = nodes.address + tile.targets.lowerBound * width
        let inputs = scratch.floats(.sums, rows * sums.inputCount)
        for index in 0..<(rows * sums.inputCount) { inputs[index] = Float(sums.inputs[index]) }
        let (pre, scale, shift) = (scratch.floats(.pre, count), scratch.floats(.scale, count), scratch.floats(.shift, count))
        applyLayer(convolution.target, x, rows: rows, into: pre)
        tileProduct(rows: rows, inner: sums.inputCount, columns: width, inputs, convolution.scale, into: scale)
        tileProduct(rows: rows, inner: sums.inputCount, columns: width, inputs, convolution.shift, into: shift)
        let aggregate = scratch.floats(.aggregate, count)
        let share = 1 / sums.edges
        for row in 0..<rows {
            for h in 0..<width {
                let i = row * width + h
                let scaled = (Double(scale[i]) + sums.scaleConstants[h]) * Double(pre[i])
                aggregate[i] = Float((sums.messages[i] + scaled + Double(shift[i]) + sums.shiftConstants[h]) * share)
            }
        }
        let output = scratch.floats(.output, count)
        applyLayer(convolution.own, x, rows: rows, into: output)
        applyLayer(convolution.aggregate, aggregate, rows: rows, into: output, accumulate: true)
        nino_silu(output, x, Int64(count))
    }
}
