/// What modules read and make: in a forward pass the activations of neurons, in a neural graph their nodes.
///
/// `[B, ...]`: examples first, then positions or channels, as PyTorch has it; the last axis is what ``Linear`` reads.
/// In the graph every axis but the first has its neurons; those of an axis that no weight reads get no nodes.
public struct Neurons {
    enum Reading {
        /// One stage for every axis but the first.
        case graph(GraphReading, [Stage])
        case trace(ForwardBuilder, Value)
    }

    let reading: Reading

    init(_ graph: GraphReading, _ stages: [Stage]) {
        reading = .graph(graph, stages)
    }

    init(_ forward: ForwardBuilder, _ value: Value) {
        reading = .trace(forward, value)
    }

    /// The same module in both readings.
    func read(
        graph: (GraphReading, [Stage]) throws -> [Stage], trace: (ForwardBuilder, Value) throws -> Value
    ) throws -> Neurons {
        switch reading {
        case .graph(let reading, let stages): Neurons(reading, try graph(reading, stages))
        case .trace(let forward, let value): Neurons(forward, try trace(forward, value))
        }
    }

    // MARK: Sums, products, activations

    /// Element by element. In the graph, neurons that a weight has read before go on by a residual connection: with
    /// `x + branch` a new stage of the residual stream begins.
    public static func + (a: Neurons, b: Neurons) throws -> Neurons { try a.joined(b, by: "add") }

    /// Element by element; the neurons of both become one.
    public static func * (a: Neurons, b: Neurons) throws -> Neurons { try a.joined(b, by: "mul") }

    /// x · factor.
    public func scaled(by factor: Double) throws -> Neurons {
        try applying("scale", ["factor": .real(factor)])
    }

    /// An op of docs/ops.md, or one of the plugin's own, that leaves the neurons what they are.
    /// - Parameters:
    ///   - op: its name.
    ///   - attributes: by their names.
    public func applying(_ op: String, _ attributes: KeyValuePairs<String, Attribute> = [:]) throws -> Neurons {
        try read(graph: { $1 }, trace: { try $0.op(op, [$1], attributes) })
    }

    private func joined(_ other: Neurons, by op: String) throws -> Neurons {
        switch (reading, other.reading) {
        case (.graph(let graph, let stages), .graph(_, let others)):
            // Axes are matched from the last; what one has more in front stays.
            let count = min(stages.count, others.count)
            let longer = stages.count > others.count ? stages : others
            let both = try zip(stages.suffix(count), others.suffix(count)).map { try graph.join($0, $1) }
            return Neurons(graph, Array(longer.prefix(longer.count - count)) + both)
        case (.trace(let forward, let a), .trace(_, let b)):
            let isShorter = try forward.shape(a).count < forward.shape(b).count
            return Neurons(forward, try forward.op(op, isShorter ? [b, a] : [a, b]))
        default:
            throw PluginError(status: NINO_FAILED, message: "\(op): expected neurons of one network, found two")
        }
    }

    // MARK: Numbers of nodes

    /// Numbers these neurons' nodes here, before a weight reads them.
    public func numberNodes() throws {
        guard case .graph(let graph, let stages) = reading, let last = stages.last else { return }
        try graph.number(last)
    }

    /// Numbers the nodes of a module's vectors here, ahead of its call.
    public func numberNodes(of module: some VectorModule) throws {
        guard case .graph(let graph, _) = reading else { return }
        for vector in module.vectors { try graph.numberAhead(vector) }
    }
}

/// A module whose tensors are vectors, each with a node of its own.
public protocol VectorModule {
    /// Names of its parameters.
    var vectors: [String] { get }
}
