/// Weight and bias of queries, keys or values, somewhere in their parameters.
///
/// Unit u reads stream element i by the scalar `offset + u · unitStride + i · inputStride` of the weight; its bias is
/// element
/// `biasOffset + u`.
struct AttentionInput {
    let weight, bias: String
    let offset, unitStride, inputStride, biasOffset: Int

    /// A layer of its own.
    /// - Parameter inputs: width of the stream.
    static func apart(_ name: String, inputs: Int, layout: WeightLayout, units: Int) -> AttentionInput {
        let isOutFirst = layout == .outFirst
        return AttentionInput(
            weight: "\(name).weight", bias: "\(name).bias", offset: 0, unitStride: isOutFirst ? inputs : 1,
            inputStride: isOutFirst ? 1 : units, biasOffset: 0)
    }

    /// Queries, keys and values one behind the other.
    static func fused(weight: String, bias: String, inputs: Int, _ axes: AttentionAxes, layout: WeightLayout)
        -> [AttentionInput]
    {
        let isOutFirst = layout == .outFirst
        let sizes = [axes.queries.size, axes.keys.size, axes.values.size]
        return sizes.indices.map { part in
            let first = sizes[..<part].reduce(0, +)
            return AttentionInput(
                weight: weight, bias: bias, offset: isOutFirst ? first * inputs : first,
                unitStride: isOutFirst ? inputs : 1,
                inputStride: isOutFirst ? 1 : sizes.reduce(0, +), biasOffset: first)
        }
    }
}

extension GraphBuilder {
    /// Queries, keys and values of a layer, its heads, and the residual connection past them (docs/neural-graphs.md
    /// 4.2).
    ///
    /// A key or value head that serves several query heads is laid down once for each, as copies of the same scalars.
    /// - Parameter inputs: of queries, keys and values.
    func attention(_ layer: TransformerLayer, _ at: TransformerNodes, _ inputs: [AttentionInput]) throws {
        let axes = layer.attention
        func units(stride: Int, copies: Int) -> [IndexLevel] {
            [
                IndexLevel(axes.headCount / copies, stride: axes.width * stride), IndexLevel(copies, stride: 0),
                IndexLevel(axes.width, stride: stride),
            ]
        }
        func weight(_ input: AttentionInput, _ type: EdgeType, to block: Nodes, copies: Int, reversed: Bool = false)
            throws
        {
            try edges(
                input.weight, type, from: at.stream, to: block, reversed: reversed, offset: input.offset,
                fromLevels: [IndexLevel(at.stream.count, stride: input.inputStride)],
                toLevels: units(stride: input.unitStride, copies: copies))
        }
        func bias(_ input: AttentionInput, from source: Nodes?, to block: Nodes, copies: Int) throws {
            guard let source else { return }
            try edges(
                input.bias, .bias, from: source, to: block, offset: input.biasOffset,
                fromLevels: [IndexLevel(1, stride: 0)],
                toLevels: units(stride: 1, copies: copies))
        }
        let copies = axes.headCount / axes.kvHeadCount
        try weight(inputs[0], .query, to: at.queries, copies: 1)
        try fan("\(layer.prefix).query heads", .head, from: at.heads, to: at.queries)
        try bias(inputs[0], from: at.queryBias, to: at.queries, copies: 1)
        try weight(inputs[1], .key, to: at.queries, copies: copies, reversed: true)
        try bias(inputs[1], from: at.keyBias, to: at.queries, copies: copies)
        try weight(inputs[2], .value, to: at.values, copies: copies)
        try fan("\(layer.prefix).value heads", .head, from: at.heads, to: at.values)
        try bias(inputs[2], from: at.valueBias, to: at.values, copies: copies)
        try fan("\(layer.prefix).attention residual", .residual, from: at.stream, to: at.middle)
    }

    /// The norm of each head's queries or keys: one vector, copied for every query head.
    func headNorm(_ name: String?, from source: Nodes?, _ layer: TransformerLayer, _ at: TransformerNodes) throws {
        guard let name, let source else { return }
        let levels = [IndexLevel(layer.attention.headCount, stride: 0), IndexLevel(layer.attention.width, stride: 1)]
        try edges(
            "\(name).weight", .norm, from: source, to: at.queries, offset: 0, fromLevels: [IndexLevel(1, stride: 0)],
            toLevels: levels)
    }
}
