/// Batch norm over the channels, `[B, C, ...]` (Ioffe and Szegedy 2015): weight, bias and running statistics under
/// PyTorch's names.
///
/// In the graph weight and bias have nodes that point to the channels.
public struct BatchNorm: Sendable {
    private let norm: VectorNorm
    private let name: String
    private let epsilon, momentum: Double

    /// Declares weight, bias, running statistics and their counter.
    /// - Parameters:
    ///   - path: of the module.
    ///   - channels: and which groups move them.
    ///   - epsilon: added to the variance.
    ///   - momentum: of the running statistics.
    public init(_ path: Path, _ channels: Axis, epsilon: Double = 1e-5, momentum: Double = 0.1) {
        norm = VectorNorm(path, channels, hasBias: true)
        name = path.name
        (self.epsilon, self.momentum) = (epsilon, momentum)
        _ = path.modules.declare(
            DeclaredTensor("\(name).running_mean", .buffer(.constant(0)), [channels]),
            DeclaredTensor("\(name).running_var", .buffer(.constant(1)), [channels]),
            DeclaredTensor("\(name).num_batches_tracked", .counter))
    }

    /// The normalized channels.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.read(
            graph: { graph, stages in
                try norm.lay(graph, on: stages[0])
                return stages
            }, trace: { try $0.batchNorm($1, name, epsilon: epsilon, momentum: momentum) })
    }
}
