import NinoPluginSDK

/// The sizes of a model.
struct Configuration {
    let stream: Axis
    let vocabularySize, positions, tokenTypes, layers, heads, hiddenSize: Int
    let activation: Activation
    let epsilon: Double
    let weights: Initialization
    let paddingIndex: Int?
    let task: TextTask

    init(_ configuration: inout ConfigurationReader) throws {
        vocabularySize = try configuration.integer("vocab_size", default: 30522)
        positions = try configuration.integer("max_position_embeddings", default: 512, in: 1...(1 << 24))
        tokenTypes = try configuration.integer("type_vocab_size", default: 2)
        let width = try configuration.integer("hidden_size", default: 768, in: 1...(1 << 20))
        hiddenSize = try configuration.integer("intermediate_size", default: 3072)
        layers = try configuration.integer("num_hidden_layers", default: 12, in: 1...4096)
        heads = try configuration.divisor("num_attention_heads", of: "hidden_size", width, default: 12)
        activation = try configuration.activation("hidden_act", default: "gelu")
        epsilon = try configuration.real("layer_norm_eps", default: 1e-12, in: 0...1)
        weights = .normal(standardDeviation: try configuration.real("initializer_range", default: 0.02, in: 0...10))
        paddingIndex = try configuration.paddingIndex(vocabularySize: vocabularySize, default: 0)
        task = try configuration.textTask([
            "BertForMaskedLM": .language, "BertForPreTraining": .language, "BertModel": .body,
            "BertForSequenceClassification": .sequenceClasses, "BertForTokenClassification": .tokenClasses,
            "BertForQuestionAnswering": .answerSpans,
        ])
        let isTied = try configuration.boolean("tie_word_embeddings", default: true)
        guard isTied || task != .language else {
            throw PluginError.invalid("key \"tie_word_embeddings\": expected true, found false")
        }
        _ = try configuration.text("position_embedding_type", default: "absolute", oneOf: ["absolute"])
        try configuration.refuse(flags: "is_decoder")
        try configuration.dropouts("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")
        try configuration.readHuggingFaceKeys(ignored: [
            "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
            "pooler_size_per_head", "pooler_type",
        ])
        stream = Axis(Group("residual", size: width))
    }
}
