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

    /// A table of rows × stream: tokens, positions, a class token.
    public func table(_ parameter: String, _ type: EdgeType, from rows: Nodes, to stream: Nodes) throws {
        try dense(parameter, type, from: rows, to: stream, layout: .inFirst)
    }

    /// A linear layer: all pairs through its weight, and its bias unless it has none.
    public func linear(_ prefix: String, from: Nodes, bias: Nodes?, to: Nodes, layout: WeightLayout = .outFirst) throws
    {
        try dense("\(prefix).weight", .linear, from: from, to: to, layout: layout)
        if let bias { try vector("\(prefix).bias", .bias, from: bias, to: to) }
    }

    /// A norm, pointing to the stream it reads: weight, and bias unless it has none.
    public func norm(_ prefix: String, _ weight: Nodes, bias: Nodes? = nil, of stream: Nodes) throws {
        try vector("\(prefix).weight", .norm, from: weight, to: stream)
        if let bias { try vector("\(prefix).bias", .bias, from: bias, to: stream) }
    }
}
