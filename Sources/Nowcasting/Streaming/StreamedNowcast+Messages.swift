import CKernels
import Tensors

/// Passes 1 and 2 of nino-model.md 4: message passing, target tile by target tile.
///
/// With scale and shift affine in an edge's inputs f (raw states, then hidden vector), the sum of a target's messages
/// is
/// Σ (scale f) ⊙ y_s + (scale Σf + Σ scale constants) ⊙ z_t + Σ scale constants ⊙ y_s + shift Σf + Σ shift constants,
/// where z and y are the target and source halves of `pre`. Only the first term needs a vector an edge.
extension StreamedNowcast {
    /// Convolution `layer`: replaces the nodes' states.
    func passMessages(_ layer: Int) throws {
        let convolution = network.convolutions[layer]
        let values = apply(convolution.source, to: nodes)
        let constants = plan.streams.map { EdgeConstants(convolution, $0, isTyped: layer == 0, width: width) }
        let inputs = layer == 0 ? network.slots * StateHistory.contextLength : width
        let tileSums = plan.targetTiles.map { TileSums(tasks: $0.tasks) }
        try forEachTask(plan.messageTasks, pass: .messages(layer: layer)) { task, scratch in
            let tile = plan.targetTiles[task.tile]
            let sums = MessageSums(targets: tile.targets.count, width: width, inputCount: inputs)
            for panel in task.panels {
                let states = try readStates(panel, scratch)
                if let sampler = options.sampler {
                    addSampled(
                        panel, states, sampler, layer: layer, values: values, constants[panel.stream], to: sums, scratch
                    )
                    continue
                }
                if layer == 0 {
                    addInputMessages(panel, states, values: values, to: sums, scratch)
                } else {
                    addHiddenMessages(panel, states, layer: layer, values: values, to: sums, scratch)
                }
                addConstants(constants[panel.stream], panel, values: values, to: sums, scratch)
            }
            if let whole = tileSums[task.tile].complete(task.part, sums) {
                finish(tile.targets, whole, convolution, scratch)
            }
        }
    }

    private func addConstants(
        _ constants: EdgeConstants, _ panel: EdgePanel, values: Tensor, to sums: MessageSums, _ scratch: TileScratch
    ) {
        let stream = plan.streams[panel.stream]
        if stream.isDense {
            let total = scratch.floats(.valueSum, width)
            let first = stream.sources.lowerBound + panel.places.lowerBound
            nino_column_sums(
                values.address + first * width, Int64(panel.fanIn), Int64(width), Int64(width), total, 0)
            for target in 0..<sums.targets {
                sums.addConstants(constants, target: target, count: panel.fanIn) { Double(total[$0]) }
            }
        } else {
            for target in 0..<sums.targets {
                let node = panel.targets.lowerBound + target
                sums.addConstants(constants, target: target, count: panel.fanIn) { h in
                    panel.places.reduce(0) {
                        $0 + Double(values.address[stream.source(of: node, place: $1) * width + h])
                    }
                }
            }
        }
    }

    /// Σ (scale a) ⊙ y and Σ a for inputs a that are raw states: one product of each channel's matrix with the values.
    private func addInputMessages(
        _ panel: EdgePanel, _ states: PanelStates, values: Tensor, to sums: MessageSums, _ scratch: TileScratch
    ) {
        guard states.channels > 0 else { return }
        let scale = network.convolutions[0].scale
        let stream = plan.streams[panel.stream]
        if panel.fanIn == 1 || !stream.isDense {
            forEachTile(panel, states, scratch) { tile in
                var tile = tile
                sums.addInputs(tile)
                nino_edge_input_message_sums(
                    &tile.shape, &tile.states, scale, values.address, sums.messages + tile.firstTarget * width)
            }
            return
        }
        let targets = panel.targets.count
        let product = scratch.floats(.product, targets * width)
        for channel in 0..<states.channels {
            tileProduct(
                rows: targets, inner: panel.fanIn, columns: width, states.values + channel * states.edges,
                values.address + (stream.sources.lowerBound + panel.places.lowerBound) * width,
                into: product, aIsTransposed: states.targetsAreInner)
            scale.withUnsafeBufferPointer { scale in
                nino_channel_message_sums(
                    product, scale.baseAddress! + channel * width, 1, Int64(targets), Int64(width), sums.messages)
            }
        }
        addInputSums(states, targets: targets, to: sums)
    }

    private func addInputSums(_ states: PanelStates, targets: Int, to sums: MessageSums) {
        for channel in 0..<states.channels {
            let matrix = states.values + channel * states.edges
            if states.targetsAreInner {
                for row in 0..<states.outer {
                    for target in 0..<targets {
                        sums.inputs[target * sums.inputCount + channel] += Double(matrix[row * states.inner + target])
                    }
                }
            } else {
                for target in 0..<targets {
                    sums.inputs[target * sums.inputCount + channel] += nino_sum(
                        matrix + target * states.inner, Int64(states.inner))
                }
            }
        }
    }

    /// Σ (scale h) ⊙ y and Σ h for the hidden edge vectors h that layer `layer` sees.
    private func addHiddenMessages(
        _ panel: EdgePanel, _ states: PanelStates, layer: Int, values: Tensor, to sums: MessageSums,
        _ scratch: TileScratch
    ) {
        let inputTerms = inputTargetTerms(panel, scratch)
        forEachTile(panel, states, scratch) { tile in
            var tile = tile
            let (hidden, spare) = hiddenVectors(&tile, of: panel, updates: layer, inputTerms: inputTerms, scratch)
            matrices.scales[layer]!.multiply(rows: tile.edges, hidden, into: spare, scratch)
            let first = tile.firstTarget * width
            nino_edge_message_sums(
                &tile.shape, spare, hidden, values.address, sums.messages + first, sums.inputs + first)
        }
    }

    /// x' = own(x) + aggregate(mean of messages), then silu, in place.
    private func finish(
        _ targets: Range<Int>, _ sums: MessageSums, _ convolution: FoldedNetwork.Convolution, _ scratch: TileScratch
    ) {
        let rows = targets.count
        let count = rows * width
        let x = nodes.address + targets.lowerBound * width
        let inputs = scratch.floats(.sums, rows * sums.inputCount)
        for index in 0..<(rows * sums.inputCount) { inputs[index] = Float(sums.inputs[index]) }
        let (pre, scale, shift) = (
            scratch.floats(.pre, count), scratch.floats(.scale, count), scratch.floats(.shift, count)
        )
        applyLayer(convolution.target, x, rows: rows, into: pre)
        tileProduct(rows: rows, inner: sums.inputCount, columns: width, inputs, convolution.scale, into: scale)
        tileProduct(rows: rows, inner: sums.inputCount, columns: width, inputs, convolution.shift, into: shift)
        let aggregate = scratch.floats(.aggregate, count)
        for row in 0..<rows {
            // A target that hears nobody gets 0.
            let share = sums.edges[row] > 0 ? 1 / sums.edges[row] : 0
            for h in 0..<width {
                let i = row * width + h
                let scaled = (Double(scale[i]) + sums.scaleConstants[i]) * Double(pre[i])
                aggregate[i] = Float((sums.messages[i] + scaled + Double(shift[i])) * share)
            }
        }
        let output = scratch.floats(.output, count)
        applyLayer(convolution.own, x, rows: rows, into: output)
        applyLayer(convolution.aggregate, aggregate, rows: rows, into: output, accumulate: true)
        nino_silu(output, x, Int64(count))
    }
}
