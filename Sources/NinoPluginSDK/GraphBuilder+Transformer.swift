/// The node blocks of one transformer layer (docs/neural-graphs.md 4.1). A block is nil where the layer has no such tensor.
public struct TransformerNodes: Sendable {
    public let norm1: Nodes
    public let norm1Bias: Nodes?
    public let keyBias: Nodes?
    /// The residual stream that enters the layer.
    public let stream: Nodes
    public let heads: Nodes
    public let queryBias: Nodes?
    public let valueBias: Nodes?
    public let queryNorm: Nodes?
    public let keyNorm: Nodes?
    /// Query and key units of each query head.
    public let queries: Nodes
    /// Value units of each query head.
    public let values: Nodes
    public let outputBias: Nodes?
    public let norm2: Nodes
    public let norm2Bias: Nodes?
    /// The residual stream after attention.
    public let middle: Nodes
    /// Of the first MLP weight, the gate if there is one.
    public let hiddenBias: Nodes?
    public let upBias: Nodes?
    public let hidden: Nodes
    public let projectionBias: Nodes?
    let attention: AttentionAxes
}

/// The node blocks after the last layer.
public struct FinalNodes: Sendable {
    public let norm: Nodes
    public let normBias: Nodes?
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
            norm1: block("norm 1"), norm1Bias: block("norm 1 bias", if: shape.normBias), keyBias: block("key bias", if: shape.inputBias),
            stream: block("stream", residual), heads: block("heads", attention.heads),
            queryBias: block("query bias", if: shape.inputBias), valueBias: block("value bias", if: shape.inputBias),
            queryNorm: block("query norm", if: shape.headNorms), keyNorm: block("key norm", if: shape.headNorms),
            queries: block("queries and keys", attention.queries), values: block("values", attention.outputs),
            outputBias: block("output bias", if: shape.outputBias), norm2: block("norm 2"), norm2Bias: block("norm 2 bias", if: shape.normBias),
            middle: block("stream after attention", residual), hiddenBias: block("hidden bias", if: shape.mlpBias),
            upBias: block("up bias", if: shape.mlpBias && shape.isGated), hidden: block("hidden", Axis(layer.hidden)),
            projectionBias: block("projection bias", if: shape.mlpBias), attention: attention)
    }

    /// The final norm and the stream it reads.
    public func finalNodes(_ shape: TransformerShape) throws -> FinalNodes {
        try FinalNodes(
            norm: nodes("final norm"), normBias: shape.normBias ? nodes("final norm bias") : nil, stream: nodes("final stream", Axis(shape.residual)))
    }

    /// A table of rows × stream: tokens, positions, a class token.
    public func table(_ parameter: String, _ type: EdgeType, from rows: Nodes, to stream: Nodes) throws {
        try dense(parameter, type, from: rows, to: stream, layout: .inFirst)
    }

    /// A linear layer: all pairs through its weight, and its bias unless it has none.
    public func linear(_ prefix: String, from: Nodes, bias: Nodes?, to: Nodes, layout: WeightLayout = .outFirst) throws {
        try dense("\(prefix).weight", .linear, from: from, to: to, layout: layout)
        if let bias { try vector("\(prefix).bias", .bias, from: bias, to: to) }
    }

    /// A norm, pointing to the stream it reads: weight, and bias unless it has none.
    public func norm(_ prefix: String, _ weight: Nodes, bias: Nodes? = nil, of stream: Nodes) throws {
        try vector("\(prefix).weight", .norm, from: weight, to: stream)
        if let bias { try vector("\(prefix).bias", .bias, from: bias, to: stream) }
    }

    /// A residual connection, stream to stream.
    public func residual(_ name: String, from: Nodes, to: Nodes) throws {
        try fan(name, .residual, from: from, to: to)
    }
}
