import CKernels
import Tensors

/// Message passing along some edges only: those of a target are gathered and go through the same kernels.
extension StreamedNowcast {
    func addSampled(
        _ panel: EdgePanel, _ states: PanelStates, _ sampler: EdgeSampler, layer: Int, values: Tensor,
        _ constants: EdgeConstants, to sums: MessageSums,
        _ scratch: TileScratch
    ) {
        let stream = plan.streams[panel.stream]
        let inputTerms = layer == 0 ? nil : inputTargetTerms(panel, scratch)
        for target in 0..<panel.targets.count {
            let chosen = (0..<panel.fanIn).filter {
                stream.isChosen(
                    by: sampler, target: panel.targets.lowerBound + target, place: panel.places.lowerBound + $0)
            }
            for start in stride(from: 0, to: chosen.count, by: EdgeTile.largest) {
                var tile = gather(
                    Array(chosen[start..<min(start + EdgeTile.largest, chosen.count)]), of: target, panel, states,
                    scratch)
                if layer == 0 {
                    sums.addInputs(tile)
                    nino_edge_input_message_sums(
                        &tile.shape, &tile.states, weights[layout.messagePassing[0].scale], values.address,
                        sums.messages + target * width)
                } else {
                    let (hidden, spare) = hiddenVectors(
                        &tile, of: panel, updates: layer, inputTerms: inputTerms!, scratch)
                    weights.scaleProducts[layer]!.addMessages(
                        tile, hidden, spare: spare, values: values.address, to: sums, scratch)
                }
            }
            sums.addConstants(constants, target: target, count: chosen.count) { h in
                chosen.reduce(0.0) {
                    $0
                        + Double(
                            values.values[
                                stream.source(
                                    of: panel.targets.lowerBound + target, place: panel.places.lowerBound + $1) * width
                                    + h])
                }
            }
        }
    }

    /// A tile of one target and the chosen ones of its sources.
    private func gather(
        _ chosen: [Int], of target: Int, _ panel: EdgePanel, _ states: PanelStates, _ scratch: TileScratch
    ) -> EdgeTile {
        let stream = plan.streams[panel.stream]
        let nodes = scratch.sources(EdgeTile.largest)
        let channels = scratch.floats(.sampled, max(1, states.channels) * EdgeTile.largest)
        for (place, source) in chosen.enumerated() {
            nodes[place] = Int32(
                truncatingIfNeeded: stream.source(
                    of: panel.targets.lowerBound + target, place: panel.places.lowerBound + source))
            for channel in 0..<states.channels {
                channels[channel * chosen.count + place] =
                    states.values[
                        channel * states.channelStride + target * states.targetStride
                            + source * states.placeStride]
            }
        }
        return EdgeTile(
            shape: nino_edge_tile_t(sources: nodes, targets: 1, fan_in: Int64(chosen.count), width: Int64(width)),
            states: nino_edge_states_t(
                values: channels, channel_count: Int64(states.channels), channel_stride: Int64(chosen.count),
                target_stride: 0, source_stride: 1),
            firstTarget: target, firstPlace: 0)
    }
}
