/// A weight that maps the stream to the units of all heads, somewhere in a parameter: unit u reads stream element i by the scalar
/// `offset + u · unitStride + i · inputStride`. A bias has no inputs.
public struct AttentionPart: Sendable {
    let parameter: String
    let offset: Int
    let unitStride: Int
    let inputStride: Int

    /// Rows of an `[out, in]` weight, from row `first` on.
    public static func rows(_ parameter: String, inputs: Int, first: Int = 0) -> AttentionPart {
        AttentionPart(parameter: parameter, offset: first * inputs, unitStride: inputs, inputStride: 1)
    }

    /// Columns of an `[in, out]` weight of `pitch` columns, from column `first` on.
    public static func columns(_ parameter: String, pitch: Int, first: Int = 0) -> AttentionPart {
        AttentionPart(parameter: parameter, offset: first, unitStride: 1, inputStride: pitch)
    }

    /// A vector, from element `first` on.
    public static func vector(_ parameter: String, first: Int = 0) -> AttentionPart {
        AttentionPart(parameter: parameter, offset: first, unitStride: 1, inputStride: 0)
    }
}

/// Weight and bias of queries, keys or values.
public struct AttentionInput: Sendable {
    let weight: AttentionPart
    let bias: AttentionPart

    /// - Parameter bias: laid down if the layer has nodes for such biases.
    public init(_ weight: AttentionPart, bias: AttentionPart) {
        self.weight = weight
        self.bias = bias
    }
}

extension GraphBuilder {
    /// Queries, keys and values of a layer, its heads, and the residual connection past them (docs/neural-graphs.md 4.2).
    ///
    /// A key or value head that serves several query heads is laid down once for each, as copies of the same scalars.
    /// - Parameter name: of the layer, for messages.
    public func attention(_ name: String, _ nodes: TransformerNodes, query: AttentionInput, key: AttentionInput, value: AttentionInput) throws {
        let axes = nodes.attention
        func units(_ part: AttentionPart, copies: Int) -> [IndexLevel] {
            let heads = axes.headCount / copies
            return [IndexLevel(heads, stride: axes.width * part.unitStride), IndexLevel(copies, stride: 0), IndexLevel(axes.width, stride: part.unitStride)]
        }
        func weight(_ part: AttentionPart, _ type: EdgeType, to block: Nodes, copies: Int, reversed: Bool = false) throws {
            try edges(
                part.parameter, type, from: nodes.stream, to: block, reversed: reversed, offset: part.offset,
                fromLevels: [IndexLevel(nodes.stream.count, stride: part.inputStride)], toLevels: units(part, copies: copies))
        }
        func bias(_ part: AttentionPart, from source: Nodes?, to block: Nodes, copies: Int) throws {
            guard let source else { return }
            try edges(part.parameter, .bias, from: source, to: block, offset: part.offset, fromLevels: [IndexLevel(1, stride: 0)], toLevels: units(part, copies: copies))
        }
        let copies = axes.headCount / axes.kvHeadCount
        try weight(query.weight, .query, to: nodes.queries, copies: 1)
        try fan("\(name) query heads", .head, from: nodes.heads, to: nodes.queries)
        try bias(query.bias, from: nodes.queryBias, to: nodes.queries, copies: 1)
        try weight(key.weight, .key, to: nodes.queries, copies: copies, reversed: true)
        try bias(key.bias, from: nodes.keyBias, to: nodes.queries, copies: copies)
        try weight(value.weight, .value, to: nodes.values, copies: copies)
        try fan("\(name) value heads", .head, from: nodes.heads, to: nodes.values)
        try bias(value.bias, from: nodes.valueBias, to: nodes.values, copies: copies)
        try residual("\(name) attention residual", from: nodes.stream, to: nodes.middle)
    }

    /// The norm of each head's queries or keys: one vector, copied for every query head. Nothing where it has no node.
    public func headNorm(_ parameter: String, from source: Nodes?, _ nodes: TransformerNodes) throws {
        guard let source else { return }
        let axes = nodes.attention
        try edges(
            parameter, .norm, from: source, to: nodes.queries, offset: 0, fromLevels: [IndexLevel(1, stride: 0)],
            toLevels: [IndexLevel(axes.headCount, stride: 0), IndexLevel(axes.width, stride: 1)])
    }
}
