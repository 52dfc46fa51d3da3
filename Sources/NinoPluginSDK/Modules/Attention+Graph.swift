/// How attention lies in the graph (docs/neural-graphs.md 4).
extension Attention {
    /// Queries, keys or values of a layer, not laid yet.
    private struct Input {
        let part: Linear.Part
        let stream: Stage
        let norms: [Stage.Vector]
        var bias: Stage.Vector? { part.bias }

        init(_ stage: Stage, rows: Int) throws {
            let stage = stage.current
            guard let pending = stage.pending, let part = pending.part, part.axis.size == rows else {
                throw PluginError(
                    status: NINO_FAILED,
                    message: "\(stage.name): expected \(rows) queries, keys or values that a Linear has just made")
            }
            (self.part, stream, norms) = (part, pending.input, pending.norms)
        }
    }

    /// Numbers the nodes and lays the edges: the units of a head are the same for its queries and keys, whose edges run
    /// back to the stream.
    /// - Parameter stages: of queries, keys and values.
    /// - Returns: the value units of all query heads.
    func lay(_ graph: GraphReading, _ stages: [Stage]) throws -> Stage {
        let rows = [queries.size, keys.size, values.size]
        let inputs = try zip(stages, rows).map { try Input($0, rows: $1) }
        let (query, key, value) = (inputs[0], inputs[1], inputs[2])
        let heads = Stage("\(query.part.linear.name) heads", heads)
        let units = Stage("\(query.part.linear.name) queries and keys", queries)
        let result = Stage("\(value.part.linear.name) values", outputs)

        // The key bias points at what keys point at, so it stands before the stream; everything else behind it.
        let keyBias = try key.bias.map(graph.node)
        for input in inputs { try graph.number(input.stream) }
        try graph.number(heads)
        let queryBias = try query.bias.map(graph.node)
        let valueBias = try value.bias.map(graph.node)
        let norms = try (query.norms + key.norms).map { ($0, try graph.node(of: $0)) }
        try graph.number(units)
        try graph.number(result)

        let place = GraphReading.Place.weight(inputs.map(\.part.linear.order).min()!)
        let copies = headCount / kvHeadCount
        lay(graph, query, .query, place, bias: queryBias, heads: heads, to: units, copies: 1)
        lay(graph, key, .key, place, bias: keyBias, heads: nil, to: units, copies: copies)
        lay(graph, value, .value, place, bias: valueBias, heads: heads, to: result, copies: copies)
        for (norm, node) in norms { graph.lay(norm, from: node, to: units) }
        for norm in value.norms { try graph.lay(norm, to: result) }
        return result
    }

    /// Weight, heads and bias. A key or value head that serves several query heads is laid down once for each, as
    /// copies of the same scalars.
    private func lay(
        _ graph: GraphReading, _ input: Input, _ type: EdgeType, _ place: GraphReading.Place, bias: Nodes?,
        heads: Stage?, to units: Stage, copies: Int
    ) {
        func levels(stride: Int) -> [IndexLevel] {
            [
                IndexLevel(headCount / copies, stride: width * stride), IndexLevel(copies, stride: 0),
                IndexLevel(width, stride: stride),
            ]
        }
        let part = input.part
        graph.edges(place, from: input.stream, to: units) { builder, from, to in
            try builder.edges(
                part.linear.weight, type, from: from, to: to, reversed: type == .key, offset: part.offset,
                fromLevels: [IndexLevel(from.count, stride: part.inputStride)], toLevels: levels(stride: part.rowStride)
            )
        }
        if let heads { graph.fan(place, heads.name, .head, from: heads, to: units) }
        guard let bias, let vector = part.bias else { return }
        graph.lay(vector.at(place), from: bias, to: units, levels: levels(stride: 1))
    }
}
