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
    /// Edges whose states are read at once for several panels.
    static let largestRead = 1 << 17
}
