extension GraphBuilder {
    /// One layer of a chain: a node for each of its vectors, its output nodes, its weight as all pairs, its vectors.
    ///
    /// - Parameters:
    ///   - weight: name of the `[out, in, kernel…]` weight.
    ///   - type: of the weight's edges.
    ///   - inputs: the nodes the layer reads.
    ///   - outputName: name of the output nodes, for people.
    ///   - outputs: their number, and how the groups move them.
    ///   - vectors: names of the layer's one-dimensional parameters in order of appearance; one that ends in `.weight`
    ///     is a norm
    ///     weight, any other a bias.
    ///   - kernel: scalars of one kernel.
    /// - Returns: the output nodes.
    public func layer(
        _ weight: String, _ type: EdgeType, from inputs: Nodes, to outputName: String, _ outputs: Axis,
        vectors: [String], kernel: Int = 1
    ) throws -> Nodes {
        let sources = try vectors.map { try nodes($0) }
        let outputs = try nodes(outputName, outputs)
        try dense(weight, type, from: inputs, to: outputs, kernel: kernel)
        for (name, source) in zip(vectors, sources) {
            try vector(name, name.hasSuffix(".weight") ? .norm : .bias, from: source, to: outputs)
        }
        return outputs
    }

    /// The units a flatten makes of channels: one node for every channel and pixel, channel slow, joined to its
    /// channel.
    /// - Parameters:
    ///   - channels: one node for each.
    ///   - name: of the units, for people.
    ///   - units: an axis of (channels, pixels).
    public func flatten(_ channels: Nodes, to name: String, _ units: Axis) throws -> Nodes {
        let flattened = try nodes(name, units)
        try fan(name, .residual, from: channels, to: flattened)
        return flattened
    }
}
