/// One layer of a transformer: its place, its attention, its MLP.
public struct TransformerLayer: Sendable {
    public let index: Int
    /// What the names of its tensors begin with, without the dot.
    public let prefix: String
    public let attention: AttentionAxes
    public let hidden: Group

    /// - Parameter hidden: number of the MLP's hidden units.
    public init(_ index: Int, prefix: String, _ attention: AttentionAxes, hidden: Int) {
        self.index = index
        self.prefix = prefix
        self.attention = attention
        self.hidden = Group("hidden_\(index)", size: hidden)
    }

    /// To be added to the model, in this order.
    public var groups: [Group] { attention.groups + [hidden] }
}

/// Which tensors the layers of a transformer have, as far as its graph goes.
public struct TransformerShape: Sendable {
    public let residual: Group
    /// Layer norms have a bias, RMS norms have none.
    public var normBias = false
    /// Of queries, keys and values.
    public var inputBias = false
    public var outputBias = false
    public var mlpBias = false
    /// The MLP has a gate beside its first weight.
    public var isGated = false
    /// Queries and keys are normed in each head.
    public var headNorms = false

    public init(residual: Group) {
        self.residual = residual
    }
}
