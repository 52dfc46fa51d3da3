/// One layer of a transformer: its place, its attention, its MLP.
public struct TransformerLayer: Sendable {
    /// From 0.
    public let index: Int
    /// What the names of its tensors begin with, without the dot.
    public let prefix: String
    /// The attention's sizes, and how its groups act.
    public let attention: AttentionAxes
    /// The hidden units of the MLP.
    public let hidden: Group

    /// A layer with groups of its own.
    /// - Parameters:
    ///   - index: from 0; it makes the names of the groups distinct.
    ///   - prefix: what the names of its tensors begin with, without the dot.
    ///   - attention: made for the same index.
    ///   - hidden: number of the MLP's hidden units.
    public init(_ index: Int, prefix: String, _ attention: AttentionAxes, hidden: Int) {
        self.index = index
        self.prefix = prefix
        self.attention = attention
        self.hidden = Group("hidden_\(index)", size: hidden)
    }

    /// To be added to the model, in this order.
    public var groups: [Group] { attention.groups + [hidden] }
}

/// What the tensors of a transformer layer do. Names are what follows the layer's prefix and a dot, without `.weight`
/// and `.bias`.
/// A norm without a name is an RMS norm without a weight.
public enum TransformerPart: Sendable, Equatable {
    /// Before attention; in a layer with norms last, after its residual connection.
    case norm1(String?)
    /// Queries, keys and values in three layers; stored in this order, or with `queryLast` keys, values, queries.
    case attention(query: String, key: String, value: String, queryLast: Bool = false)
    /// Queries, keys and values one behind the other in one weight and one bias; full names.
    case fusedAttention(weight: String, bias: String)
    /// The attention's output weight.
    case output(String)
    /// Norm of each head's queries, one vector for all heads.
    case queryNorm(String?)
    /// Norm of each head's keys, one vector for all heads.
    case keyNorm(String?)
    /// Before the MLP; in a layer with norms last, after its residual connection.
    case norm2(String?)
    /// The first weight of the MLP; its gate if there is an `up`.
    case hidden(String)
    /// The second first weight of a gated MLP: its result multiplies the gate.
    case up(String)
    /// The last weight of the MLP.
    case projection(String)

    /// A weight or bias of the MLP.
    public var isMLP: Bool {
        switch self {
        case .hidden, .up, .projection: true
        default: false
        }
    }

    /// A weight or bias whose result is added to the residual stream.
    public var isResidual: Bool {
        switch self {
        case .output, .projection: true
        default: false
        }
    }
}

/// Which tensors the layers of a transformer have.
public struct TransformerShape: Sendable {
    let residual: Group
    let parts: [TransformerPart]
    let layout: WeightLayout
    let normsLast, normBias, inputBias, outputBias, mlpBias: Bool

    /// The tensors of every layer, and which of them have biases.
    /// - Parameters:
    ///   - residual: the group of the residual stream.
    ///   - parts: in `named_parameters()` order.
    ///   - layout: of all weights.
    ///   - normsLast: norms stand after the residual connections (Vaswani et al. 2017), not before attention and MLP.
    ///   - normBias: layer norms have a bias, RMS norms have none.
    ///   - inputBias: queries, keys and values have a bias.
    ///   - outputBias: the attention's output has one.
    ///   - mlpBias: the layers of the MLP have one.
    public init(
        residual: Group, _ parts: [TransformerPart], layout: WeightLayout = .outFirst, normsLast: Bool = false,
        normBias: Bool = false, inputBias: Bool,
        outputBias: Bool, mlpBias: Bool
    ) {
        self.residual = residual
        self.parts = parts
        self.layout = layout
        (self.normsLast, self.normBias) = (normsLast, normBias)
        (self.inputBias, self.outputBias, self.mlpBias) = (inputBias, outputBias, mlpBias)
    }

    /// The MLP has a gate beside its first weight.
    var isGated: Bool { parts.contains { if case .up = $0 { true } else { false } } }

    /// The norms have weights.
    var hasNormWeights: Bool { parts.contains { if case .norm1(.some) = $0 { true } else { false } } }

    /// The norms of each head's queries and keys have weights.
    var hasHeadNormWeights: Bool { parts.contains { if case .queryNorm(.some) = $0 { true } else { false } } }
}

extension ModelBuilder {
    /// Adds the groups and tensors of a layer.
    /// - Parameters:
    ///   - layer: its place and sizes.
    ///   - shape: which tensors it has.
    ///   - weights: how a weight is drawn, given its fan-in and fan-out; norm weights are 1.
    ///   - biases: how a bias is drawn.
    public func layer(
        _ layer: TransformerLayer, _ shape: TransformerShape,
        weights: (_ part: TransformerPart, _ fanIn: Int, _ fanOut: Int) -> Initialization,
        biases: (_ part: TransformerPart) -> Initialization = { _ in .constant(0) }
    ) throws {
        let (axes, stream, hidden) = (layer.attention, Axis(shape.residual), Axis(layer.hidden))
        func add(_ part: TransformerPart, weight: String, bias: String?, _ output: Axis, _ input: Axis) throws {
            let drawn = weights(part, input.size, output.size)
            try parameter(
                "\(layer.prefix).\(weight)", shape.layout == .outFirst ? [output, input] : [input, output], drawn)
            if let bias { try parameter("\(layer.prefix).\(bias)", [output], biases(part)) }
        }
        func linear(_ part: TransformerPart, _ name: String, _ output: Axis, _ input: Axis, bias: Bool) throws {
            try add(part, weight: "\(name).weight", bias: bias ? "\(name).bias" : nil, output, input)
        }
        for group in layer.groups { try self.group(group) }
        for part in shape.parts {
            switch part {
            case .norm1(let name), .norm2(let name):
                if let name {
                    try self.layer(
                        "\(layer.prefix).\(name)", [stream], .constant(1), bias: shape.normBias ? stream : nil)
                }
            case .attention(let query, let key, let value, let queryLast):
                let inputs = [(query, axes.queries), (key, axes.keys), (value, axes.values)]
                for (name, units) in queryLast ? inputs[1...] + inputs[..<1] : inputs[...] {
                    try linear(part, name, units, stream, bias: shape.inputBias)
                }
            case .fusedAttention(let weight, let bias):
                try add(
                    part, weight: weight, bias: shape.inputBias ? bias : nil, axes.queries + axes.keys + axes.values,
                    stream)
            case .output(let name): try linear(part, name, stream, axes.outputs, bias: shape.outputBias)
            case .queryNorm(let name), .keyNorm(let name):
                if let name { try parameter("\(layer.prefix).\(name).weight", [Axis(fixed: axes.width)], .constant(1)) }
            case .hidden(let name), .up(let name): try linear(part, name, hidden, stream, bias: shape.mlpBias)
            case .projection(let name): try linear(part, name, stream, hidden, bias: shape.mlpBias)
            }
        }
    }
}
