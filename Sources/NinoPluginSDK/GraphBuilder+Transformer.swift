/// The node blocks of one transformer layer (docs/neural-graphs.md 4.1). A block is nil where the layer has no such
/// tensor.
public struct TransformerNodes: Sendable {
    let norm1: Nodes?
    let norm1Bias: Nodes?
    let keyBias: Nodes?
    /// The residual stream that enters the layer.
    public let stream: Nodes
    let heads: Nodes
    let queryBias: Nodes?
    let valueBias: Nodes?
    let queryNorm: Nodes?
    let keyNorm: Nodes?
    /// Query and key units of each query head.
    let queries: Nodes
    /// Value units of each query head.
    let values: Nodes
    let outputBias: Nodes?
    let norm2: Nodes?
    let norm2Bias: Nodes?
    /// The residual stream after attention.
    let middle: Nodes
    /// Of the first MLP weight, the gate if there is one.
    let hiddenBias: Nodes?
    let upBias: Nodes?
    let hidden: Nodes
    let projectionBias: Nodes?
}

/// The node blocks after the last layer.
public struct FinalNodes: Sendable {
    /// The weight of the final norm, one node.
    public let norm: Nodes
    /// Its bias, one node; nil if it has none.
    public let normBias: Nodes?
    /// The residual stream that the final norm reads.
    public let stream: Nodes
}

extension GraphBuilder {
    /// The nodes of a layer.
    public func nodes(_ layer: TransformerLayer, _ shape: TransformerShape) throws -> TransformerNodes {
        let (attention, residual) = (layer.attention, Axis(shape.residual))
        func block(_ name: String, _ axis: Axis = 1) throws -> Nodes { try nodes("layer \(layer.index) \(name)", axis) }
        func block(_ name: String, if isThere: Bool) throws -> Nodes? { isThere ? try block(name) : nil }
        // Arguments are evaluated in order, so this is the order of the blocks.
        return try TransformerNodes(
            norm1: block("norm 1", if: shape.hasNormWeights), norm1Bias: block("norm 1 bias", if: shape.normBias),
            keyBias: block("key bias", if: shape.inputBias),
            stream: block("stream", residual), heads: block("heads", attention.heads),
            queryBias: block("query bias", if: shape.inputBias), valueBias: block("value bias", if: shape.inputBias),
            queryNorm: block("query norm", if: shape.hasHeadNormWeights),
            keyNorm: block("key norm", if: shape.hasHeadNormWeights),
            queries: block("queries and keys", attention.queries), values: block("values", attention.outputs),
            outputBias: block("output bias", if: shape.outputBias), norm2: block("norm 2", if: shape.hasNormWeights),
            norm2Bias: block("norm 2 bias", if: shape.normBias), middle: block("stream after attention", residual),
            hiddenBias: block("hidden bias", if: shape.mlpBias),
            upBias: block("up bias", if: shape.mlpBias && shape.isGated),
            hidden: block("hidden", Axis(layer.hidden)), projectionBias: block("projection bias", if: shape.mlpBias))
    }

    /// The final norm and the stream it reads.
    public func finalNodes(_ shape: TransformerShape) throws -> FinalNodes {
        try FinalNodes(
            norm: nodes("final norm"), normBias: shape.normBias ? nodes("final norm bias") : nil,
            stream: nodes("final stream", Axis(shape.residual)))
    }

    /// The edges of a layer (docs/neural-graphs.md 4.2, 4.3), in the order of its parts. Norms point to the stream they
    /// read: with norms
    /// last that is the one behind the residual connection.
    /// - Parameters:
    ///   - layer: its place and sizes.
    ///   - shape: which tensors it has.
    ///   - at: its nodes.
    ///   - next: the stream that leaves the layer.
    public func edges(_ layer: TransformerLayer, _ shape: TransformerShape, _ at: TransformerNodes, next: Nodes) throws
    {
        for part in shape.parts {
            func name(_ suffix: String) -> String { "\(layer.prefix).\(suffix)" }
            switch part {
            case .norm1(let suffix):
                try norm(suffix.map(name), at.norm1, bias: at.norm1Bias, of: shape.normsLast ? at.middle : at.stream)
            case .norm2(let suffix):
                try norm(suffix.map(name), at.norm2, bias: at.norm2Bias, of: shape.normsLast ? next : at.middle)
            case .attention(let query, let key, let value, _):
                let axes = layer.attention
                let units = [(query, axes.queries), (key, axes.keys), (value, axes.values)]
                try attention(
                    layer, at,
                    units.map {
                        AttentionInput.apart(
                            name($0), inputs: shape.residual.size, layout: shape.layout, units: $1.size)
                    })
            case .fusedAttention(let weight, let bias):
                try attention(
                    layer, at,
                    AttentionInput.fused(
                        weight: name(weight), bias: name(bias), inputs: shape.residual.size, layer.attention,
                        layout: shape.layout))
            case .output(let suffix):
                try linear(name(suffix), from: at.values, bias: at.outputBias, to: at.middle, layout: shape.layout)
            case .queryNorm(let suffix): try headNorm(suffix.map(name), from: at.queryNorm, layer, at)
            case .keyNorm(let suffix): try headNorm(suffix.map(name), from: at.keyNorm, layer, at)
            case .hidden(let suffix):
                try linear(name(suffix), from: at.middle, bias: at.hiddenBias, to: at.hidden, layout: shape.layout)
            case .up(let suffix):
                try linear(name(suffix), from: at.middle, bias: at.upBias, to: at.hidden, layout: shape.layout)
            case .projection(let suffix):
                try fan(name("MLP residual"), .residual, from: at.middle, to: next)
                try linear(name(suffix), from: at.hidden, bias: at.projectionBias, to: next, layout: shape.layout)
            }
        }
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

    /// A norm, pointing to the stream it reads: weight, and bias unless it has none; nothing for a norm without a name.
    public func norm(_ prefix: String?, _ weight: Nodes?, bias: Nodes? = nil, of stream: Nodes) throws {
        guard let prefix, let weight else { return }
        try vector("\(prefix).weight", .norm, from: weight, to: stream)
        if let bias { try vector("\(prefix).bias", .bias, from: bias, to: stream) }
    }
}
