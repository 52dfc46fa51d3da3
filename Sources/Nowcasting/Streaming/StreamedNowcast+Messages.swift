import CKernels
import Tensors

/// Passes 1 and 2 of nino-model.md 4: message passing, target tile by target tile.
///
/// With scale and shift affine in an edge's inputs f (raw states, then hidden vector), the sum of a target's messages
/// is Σ (scale f) ⊙ y_s + (scale Σf + Σ scale constants) ⊙ z_t + Σ scale constants ⊙ y_s + shift Σf + Σ shift
/// constants, where z and y are the target and source halves of `pre`. Only the first term needs a vector an edge.
extension StreamedNowcast {
    /// Round `layer`: replaces the nodes' states.
    func passMessages(_ layer: Int) throws {
        let round = layout.messagePassing[layer]
        let values = sourceValues(round)
        let constants = plan.streams.map { EdgeConstants(weights, round, $0, isTyped: layer == 0) }
        let inputs = layer == 0 ? layout.shape.slots * StateHistory.contextLength : width
        let own = share.messages[rank].map { plan.messageTasks[share.order[$0]] }
        let tileSums = TileSumTable(own, plan)
        // Tiles with many edges first, so that threads finish together.
        try forEachTask(own.sorted { $0.tiles.lowerBound < $1.tiles.lowerBound }, pass: .messages(layer: layer)) {
            task, scratch in
            let sums = task.tiles.map { tile in
                MessageSums(targets: plan.targetTiles[tile].targets.count, width: width, inputCount: inputs)
            }
            try forEachPanel(task, scratch) { tile, panel, states in
                add(panel, states, layer: layer, values: values, constants[panel.stream], to: sums[tile], scratch)
            }
            for (tile, own) in zip(task.tiles, sums) {
                if let whole = tileSums[tile].complete(task.part, own) {
                    finish(plan.targetTiles[tile].targets, whole, round, scratch)
                }
            }
        }
        try passSums(tileSums, inputCount: inputs) { tile, whole in
            // Its memory is used after the last mention of it.
            let scratch = TileScratch()
            withExtendedLifetime(scratch) { finish(plan.targetTiles[tile].targets, whole, round, scratch) }
        }
        try shareRows(nodes)
    }

    /// What nodes give as sources of messages: [nodes, H].
    private func sourceValues(_ round: NetworkLayout.MessagePassing) -> Tensor {
        let values = Tensor.sparse(shape: [nodeCount, width])
        for needed in rows {
            Parallel.forEachRange(needed.count, tile: EdgeTile.largest) { piece in
                let first = (needed.lowerBound + piece.lowerBound) * width
                round.source.apply(
                    weights.folded.values.address, nodes.address + first, rows: piece.count,
                    into: values.address + first)
            }
        }
        return values
    }

    /// Calls `body` for the panels of each of a task's tiles in their order, with the tile's place in the task.
    ///
    /// States are read for all tiles at once where neighbouring targets lie together in the parameter, and for several
    /// panels of a tile where neighbouring sources do: whole rows instead of a few hundred bytes each.
    private func forEachPanel(
        _ task: TilePlan.MessageTask, _ scratch: TileScratch,
        _ body: (_ tile: Int, _ panel: EdgePanel, _ states: PanelStates) -> Void
    ) throws {
        let tiles = task.tiles.map { plan.targetTiles[$0].targets }
        var left = task.panels[...]
        while let first = left.first {
            let run = left.prefix { $0.stream == first.stream }.prefix(
                plan.streams[first.stream].targetsAreInner ? 1 : max(1, EdgePanel.largestRead / first.edges))
            left = left.dropFirst(run.count)
            let places = first.places.lowerBound..<run.last!.places.upperBound
            let groups =
                plan.streams[first.stream].targetsAreInner ? [tiles[...]] : tiles.indices.map { tiles[$0...$0] }
            for group in groups {
                let whole = EdgePanel(
                    stream: first.stream, targets: group.first!.lowerBound..<group.last!.upperBound, places: places)
                let states = try readStates(whole, scratch)
                for (tile, targets) in zip(group.indices, group) {
                    for panel in run {
                        let own = EdgePanel(stream: panel.stream, targets: targets, places: panel.places)
                        body(tile, own, PanelStates(own, in: whole, states))
                    }
                }
            }
        }
    }

    /// Adds what the edges of a panel bring to their targets.
    private func add(
        _ panel: EdgePanel, _ states: PanelStates, layer: Int, values: Tensor, _ constants: EdgeConstants,
        to sums: MessageSums, _ scratch: TileScratch
    ) {
        if let sampler = options.sampler {
            addSampled(panel, states, sampler, layer: layer, values: values, constants, to: sums, scratch)
            return
        }
        if layer == 0 {
            addInputMessages(panel, states, values: values, to: sums, scratch)
        } else {
            addHiddenMessages(panel, states, layer: layer, values: values, to: sums, scratch)
        }
        addConstants(constants, panel, values: values, to: sums, scratch)
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
        let scale = weights[layout.messagePassing[0].scale]
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
            serialGemm(
                transposeA: states.targetsAreInner, m: targets, n: width, k: panel.fanIn,
                states.values + channel * states.channelStride, lda: states.outerStride,
                values.address + (stream.sources.lowerBound + panel.places.lowerBound) * width, ldb: width, product,
                ldc: width)
            nino_channel_message_sums(
                product, scale + channel * width, 1, Int64(targets), Int64(width), sums.messages)
        }
        addInputSums(states, targets: targets, to: sums)
    }

    private func addInputSums(_ states: PanelStates, targets: Int, to sums: MessageSums) {
        for channel in 0..<states.channels {
            let matrix = states.values + channel * states.channelStride
            if states.targetsAreInner {
                withUnsafeTemporaryAllocation(of: Double.self, capacity: targets) { columns in
                    columns.initialize(repeating: 0)
                    for row in 0..<states.outer {
                        let values = matrix + row * states.outerStride
                        for target in 0..<targets { columns[target] += Double(values[target]) }
                    }
                    for target in 0..<targets { sums.inputs[target * sums.inputCount + channel] += columns[target] }
                }
            } else {
                for target in 0..<targets {
                    sums.inputs[target * sums.inputCount + channel] += nino_sum(
                        matrix + target * states.outerStride, Int64(states.inner))
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
            weights.scaleProducts[layer]!.addMessages(
                tile, hidden, spare: spare, values: values.address, to: sums, scratch)
        }
    }

    /// x' = own(x) + aggregate(mean of messages), then silu, in place.
    private func finish(
        _ targets: Range<Int>, _ sums: MessageSums, _ round: NetworkLayout.MessagePassing, _ scratch: TileScratch
    ) {
        let rows = targets.count
        let count = rows * width
        let x = nodes.address + targets.lowerBound * width
        let inputs = scratch.floats(.sums, rows * sums.inputCount)
        for index in 0..<(rows * sums.inputCount) { inputs[index] = Float(sums.inputs[index]) }
        let (pre, scale, shift) = (
            scratch.floats(.pre, count), scratch.floats(.scale, count), scratch.floats(.shift, count)
        )
        let values = weights.folded.values.address
        round.target.apply(values, bias: weights.folded[round.targetBias], x, rows: rows, into: pre)
        round.scale.apply(values, inputs, rows: rows, into: scale)
        round.shift.apply(values, inputs, rows: rows, into: shift)
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
        round.own.apply(values, bias: weights[round.bias], x, rows: rows, into: output)
        round.aggregate.apply(values, aggregate, rows: rows, into: output, accumulate: true)
        nino_silu(output, x, Int64(count))
    }
}
