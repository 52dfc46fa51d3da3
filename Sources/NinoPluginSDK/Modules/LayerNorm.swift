/// Layer norm over the last axis (Ba et al. 2016): `weight`, and `bias` if it has one.
///
/// In the graph each has a node that points to the neurons the norm reads.
public struct LayerNorm: Sendable, VectorModule {
    let norm: VectorNorm
    private let epsilon: Double

    /// Declares the norm.
    /// - Parameters:
    ///   - path: its tensors are `path.weight` and `path.bias`.
    ///   - axis: what it is over.
    ///   - epsilon: added to the variance.
    ///   - hasBias: there is a bias.
    public init(_ path: Path, _ axis: Axis, epsilon: Double = 1e-5, bias hasBias: Bool = true) {
        norm = VectorNorm(path, axis, hasBias: hasBias)
        self.epsilon = epsilon
    }

    /// Its weight, then its bias.
    public var vectors: [String] { norm.vectors }

    /// The normalized neurons.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.read(
            graph: norm.lay,
            trace: { forward, x in
                try norm.overRuns(forward, x) { x in
                    try forward.op("layerNorm", [x] + vectors.map(forward.tensor), ["epsilon": .real(epsilon)])
                }
            })
    }
}
