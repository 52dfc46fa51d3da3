import CKernels

/// Scaled states of a panel, in the order in which they lie in their parameter, so that reading moves whole runs.
struct PanelStates {
    /// [slots · 5, outer, inner] with strides, slot the slower axis of channels; the worker's memory.
    let values: UnsafeMutablePointer<Float>
    let channels: Int
    let outer: Int
    let inner: Int
    /// Whether targets are the inner axis, or sources.
    let targetsAreInner: Bool
    /// Numbers from one channel to the next, and from one outer index to the next.
    let channelStride: Int
    let outerStride: Int

    /// - Parameter memory: gives room for so many numbers.
    init(channels: Int, outer: Int, inner: Int, targetsAreInner: Bool, memory: (Int) -> UnsafeMutablePointer<Float>) {
        (self.channels, self.outer, self.inner, self.targetsAreInner) = (channels, outer, inner, targetsAreInner)
        outerStride = Self.stride(inner, isCrossed: targetsAreInner)
        channelStride = outer * outerStride
        values = memory(channels * channelStride)
    }

    /// Rows that kernels cross lie no power of two apart: all of them would share a few lines of the caches.
    private static func stride(_ inner: Int, isCrossed: Bool) -> Int { isCrossed && inner >= 256 ? inner + 16 : inner }

    /// The number of a channel in a row and a column.
    func place(channel: Int, row: Int, column: Int) -> UnsafeMutablePointer<Float> {
        values + channel * channelStride + row * outerStride + column
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
        PanelStates(channels: 0, outer: 0, inner: 0, targetsAreInner: false) { _ in
            UnsafeMutablePointer(bitPattern: 64)!
        }
    }

    /// As the kernels take it, for a tile that begins at this target and place of the panel.
    func view(target: Int, place: Int) -> nino_edge_states_t {
        nino_edge_states_t(
            values: address(target: target, place: place), channel_count: Int64(channels),
            channel_stride: Int64(channelStride), target_stride: Int64(targetStride),
            source_stride: Int64(placeStride))
    }
}
