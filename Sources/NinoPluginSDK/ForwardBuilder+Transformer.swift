/// What the forward passes of a transformer's layers share.
public struct TransformerForward: Sendable {
    /// Of all norms.
    public let epsilon: Double
    /// Of the MLP; of its gate if there is one.
    public let activation: Activation
    /// Position t sees the positions up to t, not all.
    public let isCausal: Bool
    /// Turns queries and keys by their positions; nil for a model with a position table.
    public var rotary: RotaryEmbedding?
    /// Of the products of queries and keys; nil for 1 / √width.
    public var scale: Double?

    /// Says how a layer computes; which tensors it has is ``TransformerShape``.
    public init(
        epsilon: Double, activation: Activation, isCausal: Bool, rotary: RotaryEmbedding? = nil, scale: Double? = nil
    ) {
        self.epsilon = epsilon
        self.activation = activation
        self.isCausal = isCausal
        self.rotary = rotary
        self.scale = scale
    }
}

extension ForwardBuilder {
    /// One layer: x + attention(norm 1), then + MLP(norm 2), or with norms last norm 1(x + attention), then norm 2(that
    /// + MLP); with an
    /// `up` the MLP is down(activation(gate) · up).
    /// - Parameters:
    ///   - x: the residual stream `[B, T, width]`.
    ///   - layer: its place and sizes.
    ///   - shape: which tensors it has.
    ///   - rule: how it computes.
    /// - Returns: the residual stream after it.
    public func layer(_ x: Value, _ layer: TransformerLayer, _ shape: TransformerShape, _ rule: TransformerForward)
        throws -> Value
    {
        func norm(_ x: Value, _ suffix: String?) throws -> Value {
            guard let suffix else { return try rmsNorm(x, weight: nil, epsilon: rule.epsilon) }
            let name = "\(layer.prefix).\(suffix)"
            return try shape.normBias
                ? layerNorm(x, name, epsilon: rule.epsilon)
                : rmsNorm(x, weight: "\(name).weight", epsilon: rule.epsilon)
        }
        func linear(_ x: Value, _ suffix: String, bias: Bool) throws -> Value {
            try self.linear(x, "\(layer.prefix).\(suffix)", bias: bias, layout: shape.layout)
        }
        var (stream, inner, gate) = (x, x, x)
        for part in shape.parts.sorted(by: { $0.stage(shape) < $1.stage(shape) }) {
            switch part {
            case .norm1(let name), .norm2(let name):
                inner = try norm(stream, name)
                if shape.normsLast { stream = inner }
            case .attention, .fusedAttention: inner = try attention(inner, layer, shape, rule)
            case .output(let name): stream = try add(stream, linear(inner, name, bias: shape.outputBias))
            case .hidden(let name): gate = try linear(inner, name, bias: shape.mlpBias)
            case .up(let name):
                gate = try multiply(activate(gate, rule.activation), linear(inner, name, bias: shape.mlpBias))
            case .projection(let name):
                stream = try add(
                    stream, linear(shape.isGated ? gate : activate(gate, rule.activation), name, bias: shape.mlpBias))
            case .queryNorm, .keyNorm: continue
            }
        }
        return stream
    }

    private func attention(_ x: Value, _ layer: TransformerLayer, _ shape: TransformerShape, _ rule: TransformerForward)
        throws -> Value
    {
        var inputs: [Value] = []
        // Of queries, of keys: none, or a norm with or without a weight.
        var norms: [String??] = [nil, nil]
        for part in shape.parts {
            switch part {
            case .attention(let query, let key, let value, _):
                inputs = try [query, key, value].map {
                    try linear(x, "\(layer.prefix).\($0)", bias: shape.inputBias, layout: shape.layout)
                }
            case .fusedAttention(let weight, let bias):
                let name = shape.inputBias ? "\(layer.prefix).\(bias)" : nil
                inputs = try split(
                    linear(x, weight: "\(layer.prefix).\(weight)", bias: name, layout: shape.layout), parts: 3)
            case .queryNorm(let name): norms[0] = .some(name.map { "\(layer.prefix).\($0).weight" })
            case .keyNorm(let name): norms[1] = .some(name.map { "\(layer.prefix).\($0).weight" })
            default: continue
            }
        }
        let width = layer.attention.width
        for (i, norm) in norms.enumerated() {
            if let norm { inputs[i] = try headNorm(inputs[i], weight: norm, width: width, epsilon: rule.epsilon) }
            if let embedding = rule.rotary { inputs[i] = try rotary(inputs[i], embedding, width: width) }
        }
        return try attention(
            inputs[0], inputs[1], inputs[2], layer.attention, isCausal: rule.isCausal, scale: rule.scale)
    }
}

extension TransformerPart {
    /// Place in the order of computation, which is not that of the tensors.
    fileprivate func stage(_ shape: TransformerShape) -> Int {
        switch self {
        case .norm1: shape.normsLast ? 4 : 0
        case .queryNorm, .keyNorm: 1
        case .attention, .fusedAttention: 2
        case .output: 3
        case .norm2: shape.normsLast ? 8 : 4
        case .hidden: 5
        case .up: 6
        case .projection: 7
        }
    }
}
