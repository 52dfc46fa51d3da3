/// What all configs of Hugging Face's transformers share.
extension ConfigurationReader {
    /// Keys that any config of transformers may carry and that do not change what the model computes: bookkeeping,
    /// generation, training heads of other tasks, tokens, number formats. Source: PretrainedConfig of transformers 4.57
    /// and 5.23, and files of the wild.
    public static let huggingFaceIgnored: Set<String> = [
        "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path", "_num_labels",
        "attn_implementation", "auto_map", "bad_words_ids", "base_model_tp_plan", "begin_suppress_tokens",
        "bos_token_id", "chunk_size_feed_forward", "decoder_start_token_id", "diversity_penalty", "do_sample", "dtype",
        "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
        "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "id2label",
        "is_decoder", "label2id", "length_penalty", "max_length", "min_length", "no_repeat_ngram_size",
        "num_beam_groups", "num_beams", "num_labels", "num_return_sequences", "output_attentions",
        "output_hidden_states", "output_past", "output_scores", "pad_token_id", "prefix", "problem_type",
        "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate", "sep_token_id",
        "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder",
        "tie_last_hidden_states", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
        "transformers.js_config", "transformers_version", "typical_p", "use_bfloat16", "use_cache", "use_return_dict",
    ]

    /// Keys of other families that change what a model computes: where a config has one that asks for something, it is
    /// not what its `model_type` says.
    static let huggingFaceRefused: Set<String> = [
        "alibi", "attention_chunk_size", "attention_multiplier", "attn_logit_softcapping", "clip_qkv",
        "embedding_multiplier", "final_logit_softcapping", "logit_scale", "logits_scaling", "moe_intermediate_size",
        "no_rope_layers", "num_experts", "num_experts_per_tok", "num_local_experts", "parallel_attn", "qk_layernorm",
        "query_pre_attn_scalar", "residual_multiplier", "rotary_dim", "rotary_pct", "text_config",
        "use_parallel_residual", "use_qk_norm", "vision_config",
    ]

    /// Reads the shared keys that would change the computation and refuses what they may ask for; then tells of all
    /// other keys that nobody asked for. Comes last.
    /// - Parameter ignored: further keys known not to change the computation.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func readHuggingFaceKeys(ignored: Set<String> = []) throws {
        try refuse(flags: "add_cross_attention", "is_encoder_decoder")
        try refuse(valuesOf: "cross_attention_hidden_size", "pruned_heads", "quantization_config", "per_layer_config")
        let tools = keys.filter { $0.hasPrefix("unsloth_") }
        try warnOfOtherKeys(
            ignored: Self.huggingFaceIgnored.union(ignored).union(tools), refused: Self.huggingFaceRefused)
    }

    /// An activation by its name in transformers.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func activation(_ key: String, default fallback: String) throws -> Activation {
        Activation.byName[try text(key, default: fallback, oneOf: Activation.byName.keys.sorted())]!
    }

    /// Number of classes of a classifier: `id2label` has one entry for each; without it `num_labels`, by default 2.
    /// - Throws: `PluginError.invalid`, also if the two contradict each other.
    public mutating func classCount() throws -> Int {
        _ = try text("problem_type", default: "single_label_classification", oneOf: ["single_label_classification"])
        let labels = try object("id2label")?.keys.count
        let count = try integer("num_labels", default: labels ?? 2)
        if let labels, labels != count {
            throw PluginError.invalid(
                "key \"num_labels\": expected \(labels), as many as \"id2label\" has, found \(count)")
        }
        guard count > 1 else {
            throw PluginError.invalid(
                "key \"\(labels == nil ? "num_labels" : "id2label")\": expected at least 2 classes, found \(count)")
        }
        return count
    }

    /// A number of heads that divides another key's value.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func divisor(_ key: String, of other: String, _ value: Int, default fallback: Int? = nil) throws
        -> Int
    {
        let number = try integer(key, default: fallback)
        guard value.isMultiple(of: number) else {
            throw PluginError.invalid("key \"\(key)\": expected a divisor of \(other) = \(value), found \(number)")
        }
        return number
    }

    /// Width of a head: by default the model's width shared among the heads.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func headWidth(_ key: String, of other: String, _ width: Int, heads: Int) throws -> Int {
        if let width = try optionalInteger(key, in: 1...65536) { return width }
        guard width.isMultiple(of: heads) else {
            throw PluginError.invalid(
                "key \"\(key)\": expected a width, as \(heads) heads do not divide \(other) = \(width), found nothing")
        }
        return width / heads
    }

    /// The row of the token table that gets no gradient as an input (`pad_token_id`; negative counts from the end); nil
    /// for none.
    /// - Parameters:
    ///   - vocabularySize: number of rows.
    ///   - fallback: when the key is missing; null is none.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func paddingIndex(vocabularySize: Int, default fallback: Int? = nil) throws -> Int? {
        guard keys.contains("pad_token_id") else { return fallback }
        guard has("pad_token_id") else { return nil }
        let row = try integer("pad_token_id", in: -vocabularySize...(vocabularySize - 1))
        return row < 0 ? row + vocabularySize : row
    }

    /// Reads `layer_types`, and refuses layers that do not see all positions before.
    /// - Returns: whether the key is there.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func readLayerTypes(layers: Int) throws -> Bool {
        guard let types = try texts("layer_types", oneOf: ["full_attention"]) else { return false }
        guard types.count == layers else {
            throw PluginError.invalid(
                "key \"layer_types\": expected \(layers) entries, one for each layer, found \(types.count)")
        }
        return true
    }

    /// Reads the keys of sliding windows, and refuses them where they are active: attention sees all positions before.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func refuseSlidingWindows(layers: Int) throws {
        let areFull = try readLayerTypes(layers: layers)
        let isAsked = try boolean("use_sliding_window", default: false)
        let window = try integer("sliding_window", default: 4096)
        let firstLayer = try integer("max_window_layers", default: 28, in: 0...Int(Int32.max))
        let isOff = areFull || firstLayer >= layers || (keys.contains("sliding_window") && !has("sliding_window"))
        guard !isAsked || isOff else {
            throw PluginError.invalid(
                "key \"use_sliding_window\": expected false, found true (a window of \(window) from layer "
                    + "\(firstLayer) on)"
            )
        }
    }
}
