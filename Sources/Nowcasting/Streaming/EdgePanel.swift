import CKernels
import NeuralGraphs

/// A rectangle of a stream's edges whose scaled states are read at once and stay in the second-level cache.
struct EdgePanel: Sendable {
    /// Index in the plan.
    let stream: Int
    let targets: Range<Int>
    /// Of each target's edges.
    let places: Range<Int>

    /// Edges into each target.
    var fanIn: Int { places.count }
    var edges: Int { targets.count * fanIn }

    /// Edges of a full panel: five channels of as many floats are 640 KiB.
    static let largest = 32768
}

/// Scaled states of a panel, in the order in which they lie in their parameter, so that reading moves whole runs.
struct PanelStates {
    /// [slots · 5, outer, inner], slot the slower axis of channels; the worker's memory.
    let values: UnsafeMutablePointer<Float>
    let channels: Int
    let outer: Int
    let inner: Int
    /// Whether targets are the inner axis, or sources.
    let targetsAreInner: Bool

    var edges: Int { outer * inner }
    var targetStride: Int { targetsAreInner ? 1 : inner }
    var sourceStride: Int { targetsAreInner ? inner : 1 }

    /// What a constant edge has.
    static var none: PanelStates {
        PanelStates(
            values: UnsafeMutablePointer(bitPattern: 64)!, channels: 0, outer: 0, inner: 0, targetsAreInner: false)
    }

    /// As the kernels take it, for a tile that begins at this target and source of the panel.
    func view(target: Int, source: Int) -> nino_edge_states_t {
        nino_edge_states_t(
            values: values + target * targetStride + source * sourceStride, channel_count: Int64(channels),
            channel_stride: Int64(edges),
            target_stride: Int64(targetStride), source_stride: Int64(sourceStride))
    }
}
