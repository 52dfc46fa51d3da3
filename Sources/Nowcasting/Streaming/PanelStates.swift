import CKernels

/// Scaled states of a panel, in the order in which they lie in their parameter, so that reading moves whole runs.
struct PanelStates {
    /// [slots · 5, outer, inner], slot the slower axis of channels; the worker's memory.
    let values: UnsafeMutablePointer<Float>
    let channels: Int
    let outer: Int
    let inner: Int
    /// Whether targets are the inner axis, or sources.
    let targetsAreInner: Bool
    /// Numbers from one channel to the next, and from one outer index to the next.
    let channelStride: Int
    let outerStride: Int

    init(_ values: UnsafeMutablePointer<Float>, channels: Int, outer: Int, inner: Int, targetsAreInner: Bool) {
        (self.values, self.channels, self.outer, self.inner) = (values, channels, outer, inner)
        self.targetsAreInner = targetsAreInner
        (channelStride, outerStride) = (outer * inner, inner)
    }

    /// Those of a panel inside a larger one.
    init(_ panel: EdgePanel, in whole: EdgePanel, _ states: PanelStates) {
        let first = states.address(
            target: panel.targets.lowerBound - whole.targets.lowerBound,
            place: panel.places.lowerBound - whole.places.lowerBound)
        (values, channels, targetsAreInner) = (first, states.channels, states.targetsAreInner)
        (outer, inner) =
            targetsAreInner ? (panel.fanIn, panel.targets.count) : (panel.targets.count, panel.fanIn)
        (channelStride, outerStride) = (states.channelStride, states.outerStride)
    }

    var targetStride: Int { targetsAreInner ? 1 : outerStride }
    var placeStride: Int { targetsAreInner ? outerStride : 1 }

    private func address(target: Int, place: Int) -> UnsafeMutablePointer<Float> {
        values + target * targetStride + place * placeStride
    }

    /// What a constant edge has.
    static var none: PanelStates {
        PanelStates(
            UnsafeMutablePointer(bitPattern: 64)!, channels: 0, outer: 0, inner: 0, targetsAreInner: false)
    }

    /// As the kernels take it, for a tile that begins at this target and place of the panel.
    func view(target: Int, place: Int) -> nino_edge_states_t {
        nino_edge_states_t(
            values: address(target: target, place: place), channel_count: Int64(channels),
            channel_stride: Int64(channelStride), target_stride: Int64(targetStride),
            source_stride: Int64(placeStride))
    }
}
