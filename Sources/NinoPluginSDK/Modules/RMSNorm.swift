/// Root-mean-square norm over the last axis (Zhang and Sennrich 2019), with a `weight` or with none.
///
/// Where its width divides the last axis, it norms each run of that width by itself: the heads of queries, say. In the
/// graph the weight has a node that points to the neurons the norm reads.
public struct RMSNorm: Sendable, VectorModule {
    private let norm: VectorNorm
    private let epsilon: Double

    /// Declares the norm.
    /// - Parameters:
    ///   - path: its tensor is `path.weight`.
    ///   - axis: what it is over.
    ///   - epsilon: added to the mean square.
    public init(_ path: Path, _ axis: Axis, epsilon: Double = 1e-6) {
        norm = VectorNorm(path, axis, hasBias: false)
        self.epsilon = epsilon
    }

    /// A norm without a weight.
    /// - Parameters:
    ///   - width: of the runs it is over; nil for the whole axis.
    ///   - epsilon: added to the mean square.
    public init(width: Int? = nil, epsilon: Double = 1e-6) {
        norm = VectorNorm(width: width)
        self.epsilon = epsilon
    }

    /// Its weight, if it has one.
    public var vectors: [String] { norm.vectors }

    /// The normalized neurons.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.read(
            graph: norm.lay,
            trace: { forward, x in
                try norm.overRuns(forward, x) { x in
                    try forward.op("rmsNorm", [x] + vectors.map(forward.tensor), ["epsilon": .real(epsilon)])
                }
            })
    }
}
