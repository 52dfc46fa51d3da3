/// Sizes of a decoder-only language model with RMS norms, rotary embedding and grouped queries, under the config keys
/// of Hugging Face's transformers.
public struct DecoderConfiguration: Sendable {
    /// What a config need not say.
    public struct Defaults: Sendable {
        let vocabularySize, width, hiddenSize, layers, heads, positions: Int
        let kvHeads, headWidth: Int?

        /// The defaults of a family.
        /// - Parameters:
        ///   - vocabularySize: `vocab_size`.
        ///   - width: `hidden_size`.
        ///   - hiddenSize: `intermediate_size`.
        ///   - layers: `num_hidden_layers`.
        ///   - heads: `num_attention_heads`.
        ///   - kvHeads: `num_key_value_heads`, where it is missing; nil, and null in a config, is as many as heads.
        ///   - headWidth: `head_dim`; nil for the model's width shared among the heads.
        ///   - positions: `max_position_embeddings`.
        public init(
            vocabularySize: Int, width: Int, hiddenSize: Int, layers: Int, heads: Int, kvHeads: Int? = nil,
            headWidth: Int? = nil, positions: Int
        ) {
            (self.vocabularySize, self.width, self.hiddenSize) = (vocabularySize, width, hiddenSize)
            (self.layers, self.heads, self.positions) = (layers, heads, positions)
            (self.kvHeads, self.headWidth) = (kvHeads, headWidth)
        }
    }

    /// `vocab_size`.
    public let vocabularySize: Int
    /// The residual stream, `hidden_size` neurons that permute.
    public let stream: Axis
    /// `num_hidden_layers`.
    public let layers: Int
    /// `hidden_act`.
    public let activation: Activation
    /// `rms_norm_eps`.
    public let epsilon: Double
    /// How weights are drawn: normal, with `initializer_range`.
    public let weights: Initialization
    /// `pad_token_id`.
    public let paddingIndex: Int?
    /// `attention_bias`.
    public let hasAttentionBias: Bool
    /// `tie_word_embeddings`.
    public let isTied: Bool
    /// `rope_theta`, `rope_scaling`, `rope_parameters`.
    public let rotary: RotaryEmbedding
    /// `head_dim`.
    public let headWidth: Int
    private let hiddenSize, heads, kvHeads: Int

    /// Reads the keys.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public init(_ configuration: inout ConfigurationReader, _ defaults: Defaults) throws {
        vocabularySize = try configuration.integer("vocab_size", default: defaults.vocabularySize)
        let width = try configuration.integer("hidden_size", default: defaults.width, in: 1...(1 << 20))
        hiddenSize = try configuration.integer("intermediate_size", default: defaults.hiddenSize)
        layers = try configuration.integer("num_hidden_layers", default: defaults.layers, in: 1...4096)
        heads = try configuration.integer("num_attention_heads", default: defaults.heads, in: 1...65536)
        let kvHeadsIfMissing = configuration.keys.contains("num_key_value_heads") ? nil : defaults.kvHeads
        kvHeads = try configuration.divisor(
            "num_key_value_heads", of: "num_attention_heads", heads, default: kvHeadsIfMissing ?? heads)
        if let usual = defaults.headWidth {
            headWidth = try configuration.integer("head_dim", default: usual, in: 1...65536)
        } else {
            headWidth = try configuration.headWidth("head_dim", of: "hidden_size", width, heads: heads)
        }
        let positions = try configuration.integer("max_position_embeddings", default: defaults.positions)
        rotary = try RotaryEmbedding(&configuration, width: headWidth, positions: positions)
        activation = try configuration.activation("hidden_act", default: "silu")
        epsilon = try configuration.real("rms_norm_eps", default: 1e-6, in: 0...1)
        weights = .normal(standardDeviation: try configuration.real("initializer_range", default: 0.02, in: 0...10))
        paddingIndex = try configuration.paddingIndex(vocabularySize: vocabularySize)
        hasAttentionBias = try configuration.boolean("attention_bias", default: false)
        isTied = try configuration.boolean("tie_word_embeddings", default: false)
        try configuration.dropouts("attention_dropout")
        stream = Axis(Group("residual", size: width))
    }

    /// The attention of a layer.
    public func attention(layer: Int) -> Attention {
        Attention(layer: layer, heads: heads, kvHeads: kvHeads, width: headWidth, isRotary: true, isCausal: true)
    }

    /// The MLP's hidden neurons in a layer, `intermediate_size` that permute.
    public func hidden(layer: Int) -> Axis {
        Axis(Group("hidden_\(layer)", size: hiddenSize))
    }
}
