import Foundation
import PluginHost
import TestSupport
import Testing
import ZooSupport

@Suite struct ZooConfigurationTests {
    static let bases = [
        "gpt2": #""vocab_size": 9, "n_positions": 8, "n_embd": 6, "n_layer": 2, "n_head": 3"#,
        "llama":
            #""vocab_size": 9, "hidden_size": 12, "intermediate_size": 5, "num_hidden_layers": 2, "#
            + #""num_attention_heads": 6"#,
        "qwen3":
            #""vocab_size": 9, "hidden_size": 12, "intermediate_size": 5, "num_hidden_layers": 2, "#
            + #""num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 4"#,
        "torchvision_vit":
            #""hidden_dim": 6, "mlp_dim": 5, "num_layers": 1, "num_heads": 3, "patch_size": 3, "image_size": 9"#,
        "bert":
            #""vocab_size": 9, "max_position_embeddings": 8, "hidden_size": 6, "intermediate_size": 5, "#
            + #""num_hidden_layers": 1, "num_attention_heads": 3"#,
        "clip_vision_model":
            #""hidden_size": 6, "intermediate_size": 5, "num_hidden_layers": 1, "num_attention_heads": 3, "#
            + #""patch_size": 3, "image_size": 9"#,
        "modded_nanogpt": #""vocab_size": 9, "n_embd": 12, "n_layer": 1, "n_head": 3"#,
        "vit":
            #""hidden_size": 6, "intermediate_size": 5, "num_hidden_layers": 1, "num_attention_heads": 3, "#
            + #""patch_size": 3, "image_size": 9"#,
    ]

    /// A small config with some keys added, or in place of others.
    private func model(_ type: String, _ keys: String) throws -> Model {
        let kept = Self.bases[type]!.components(separatedBy: ", ").filter { !keys.contains($0.prefix { $0 != ":" }) }
        return try Zoo.model(
            "{" + (["\"model_type\": \"\(type)\""] + kept + (keys.isEmpty ? [] : [keys])).joined(separator: ", ") + "}")
    }

    /// Each key changes the computation in a way that is not supported, or contradicts another: one line that names it.
    @Test(arguments: [
        ("gpt2", #""n_head": 4"#, #"key "n_head": expected a divisor of n_embd = 6, found 4"#),
        (
            "gpt2", #""scale_attn_by_inverse_layer_idx": true"#,
            #"key "scale_attn_by_inverse_layer_idx": expected false, found true"#
        ),
        ("gpt2", #""reorder_and_upcast_attn": true"#, #"key "reorder_and_upcast_attn": expected false, found true"#),
        ("gpt2", #""add_cross_attention": true"#, #"key "add_cross_attention": expected false, found true"#),
        (
            "gpt2", #""activation_function": "mish""#,
            #"key "activation_function": expected one of "gelu", "gelu_accurate", "gelu_fast", "gelu_new", "#
                + #""gelu_python", "gelu_python_tanh", "gelu_pytorch_tanh", "quick_gelu", "relu", "relu2", "#
                + #""silu", "swish", "tanh", found "mish""#
        ),
        ("gpt2", #""attn_pdrop": "much""#, #"key "attn_pdrop": expected a number from 0.0 to 1.0, found "much""#),
        (
            "gpt2", #""architectures": ["GPT2DoubleHeadsModel"]"#,
            #"key "architectures": expected a list of "GPT2LMHeadModel", "GPT2Model", "#
                + #""GPT2ForSequenceClassification", "GPT2ForTokenClassification", "GPT2ForQuestionAnswering", "#
                + #"found ["GPT2DoubleHeadsModel"]"#
        ),
        ("gpt2", #""pruned_heads": {"0": [1]}"#, #"key "pruned_heads": expected null, found an object"#),
        (
            "llama", #""num_key_value_heads": 4"#,
            #"key "num_key_value_heads": expected a divisor of num_attention_heads = 6, found 4"#
        ),
        ("llama", #""head_dim": 3"#, #"key "head_dim": expected an even number for the rotary embedding, found 3"#),
        (
            "llama", #""num_attention_heads": 5"#,
            #"key "head_dim": expected a width, as 5 heads do not divide hidden_size = 12, found nothing"#
        ),
        (
            "llama", #""rope_scaling": {"rope_type": "yarn", "factor": 2}"#,
            #"key "rope_scaling.rope_type": expected one of "default", "llama3", found "yarn""#
        ),
        (
            "llama", #""rope_scaling": {"type": "linear", "factor": 2}"#,
            #"key "rope_scaling.type": expected one of "default", "llama3", found "linear""#
        ),
        (
            "llama", #""rope_scaling": {"rope_type": "llama3", "low_freq_factor": 1, "high_freq_factor": 4}"#,
            #"key "rope_scaling.factor": expected a number from 1.0 to 1000000.0, found nothing"#
        ),
        (
            "llama", #""rope_theta": 500, "rope_parameters": {"rope_theta": 1000}"#,
            #"key "rope_theta": expected 1000.0, as in "rope_parameters", found 500.0"#
        ),
        ("llama", #""rope_interleaved": true"#, #"key "rope_interleaved": expected false, found true"#),
        ("llama", #""sliding_window": 4096"#, #"key "sliding_window": expected null, found 4096"#),
        (
            "llama", #""layer_types": ["full_attention", "chunked_attention"]"#,
            #"key "layer_types": expected a list of "full_attention", found ["full_attention", "chunked_attention"]"#
        ),
        (
            "vit", #""architectures": ["ViTModel"], "pooler_act": "relu""#,
            #"key "pooler_act": expected one of "tanh", found "relu""#
        ),
        ("llama", #""pad_token_id": 9"#, #"key "pad_token_id": expected an integer from -9 to 8, found 9"#),
        (
            "qwen3", #""use_sliding_window": true, "max_window_layers": 1"#,
            #"key "use_sliding_window": expected false, found true (a window of 4096 from layer 1 on)"#
        ),
        (
            "qwen3", #""layer_types": ["full_attention", "sliding_attention"]"#,
            #"key "layer_types": expected a list of "full_attention", found ["full_attention", "sliding_attention"]"#
        ),
        (
            "qwen3", #""layer_types": ["full_attention"]"#,
            #"key "layer_types": expected 2 entries, one for each layer, found 1"#
        ),
        ("torchvision_vit", #""patch_size": 4"#, #"key "patch_size": expected a divisor of image_size = 9, found 4"#),
        ("torchvision_vit", #""conv_stem_configs": [1]"#, #"key "conv_stem_configs": expected null, found [1]"#),
        (
            "bert", #""architectures": ["BertForMultipleChoice"]"#,
            #"key "architectures": expected a list of "BertForMaskedLM", "BertForPreTraining", "BertModel", "#
                + #""BertForSequenceClassification", "BertForTokenClassification", "BertForQuestionAnswering", "#
                + #"found ["BertForMultipleChoice"]"#
        ),
        ("bert", #""tie_word_embeddings": false"#, #"key "tie_word_embeddings": expected true, found false"#),
        ("bert", #""is_decoder": true"#, #"key "is_decoder": expected false, found true"#),
        (
            "bert", #""position_embedding_type": "relative_key""#,
            #"key "position_embedding_type": expected one of "absolute", found "relative_key""#
        ),
        (
            "clip_vision_model", #""num_attention_heads": 4"#,
            #"key "num_attention_heads": expected a divisor of hidden_size = 6, found 4"#
        ),
        ("clip_vision_model", #""patch_size": 10"#, #"key "patch_size": expected an integer from 1 to 9, found 10"#),
        (
            "modded_nanogpt", #""n_head": 4"#,
            #"key "n_head": expected heads of an even width for the rotary embedding, found 4 of width 3"#
        ),
        (
            "vit", #""problem_type": "regression""#,
            #"key "problem_type": expected one of "single_label_classification", found "regression""#
        ),
        (
            "vit", #""num_labels": 3, "id2label": {"0": "a", "1": "b"}"#,
            #"key "num_labels": expected 2, as many as "id2label" has, found 3"#
        ),
    ])
    func unsupportedValueIsNamed(type: String, keys: String, message: String) throws {
        let error = #expect(throws: PluginHostError.self) { try model(type, keys) }
        #expect(
            error?.description.hasPrefix("sample.json: \(message) (plugin nino.") == true,
            "\(String(describing: error))")
        #expect(error?.isPluginFault == false)
    }

    /// Of configs that are ours, all keys are known.
    @Test(arguments: ["torchvision_vit", "modded_nanogpt"])
    func unknownKeyIsNamed(type: String) throws {
        let error = #expect(throws: PluginHostError.self) { try model(type, #""mystery_factor": 2"#) }
        #expect(
            error?.description.contains(#"key "mystery_factor": not a key of this architecture; its keys are "#) == true
        )
        #expect(error?.isPluginFault == false)
    }

    /// Of configs that others write, an unknown key is told (UnknownKeyTests), and one that is known to change what a
    /// model computes is refused where it asks for something.
    @Test(arguments: ["gpt2", "llama", "qwen3", "vit", "bert", "clip_vision_model"])
    func unknownKeyIsReadOver(type: String) throws {
        let (plain, dressed) = (try model(type, ""), try model(type, #""mystery_factor": 2, "num_experts": null"#))
        #expect(plain.parameters.entries.map(\.name) == dressed.parameters.entries.map(\.name))
        let error = #expect(throws: PluginHostError.self) { try model(type, #""num_experts": 8"#) }
        #expect(
            error?.description.contains(
                #"key "num_experts": expected null, as it changes what a model computes, found 8 (plugin nino."#)
                == true
        )
    }

    /// Keys that leave the computation as it is, as real files carry them.
    @Test(arguments: [
        (
            "gpt2",
            #""n_ctx": 8, "summary_type": "cls_index", "#
                + #""task_specific_params": {"text-generation": {"do_sample": true}}, "#
                + #""architectures": ["GPT2LMHeadModel"], "dtype": "bfloat16", "bos_token_id": 50256"#
        ),
        (
            "llama",
            #""rope_scaling": null, "pretraining_tp": 1, "torch_dtype": "bfloat16", "#
                + #""eos_token_id": [128001, 128008], "use_cache": true, "rope_theta": 500000.0"#
        ),
        (
            "llama",
            #""is_llama_config": true, "rope_interleaved": false, "transformers.js_config": {"kv_cache_dtype": {}}, "#
                + #""max_sequence_length": 2048, "unsloth_version": "2025.1", "unsloth_fixed": true, "#
                + #""head_dim": null, "sliding_window": null, "layer_types": ["full_attention", "full_attention"]"#
        ),
        (
            "gpt2", #""_num_labels": 1, "id2label": {"0": "LABEL_0"}, "output_past": true"#
        ),
        ("llama", #""rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "pad_token_id": null"#),
        (
            "qwen3",
            #""use_sliding_window": false, "sliding_window": null, "max_window_layers": 28, "#
                + #""layer_types": ["full_attention", "full_attention"]"#
        ),
        ("qwen3", #""use_sliding_window": true, "sliding_window": 4096, "max_window_layers": 28"#),
        (
            "vit",
            #""id2label": {"0": "a", "1": "b", "2": "c"}, "encoder_stride": 16, "pooler_act": "tanh", "#
                + #""image_size": [9, 9]"#
        ),
        (
            "bert",
            #""position_embedding_type": "absolute", "gradient_checkpointing": false, "#
                + #""architectures": ["BertForPreTraining"], "classifier_dropout": null, "#
                + #""pooler_type": "first_token_transform""#
        ),
        (
            "clip_vision_model",
            #""architectures": ["CLIPVisionModelWithProjection"], "dropout": 0.0, "attention_dropout": 0.0, "#
                + #""initializer_factor": 1.0"#
        ),
        ("torchvision_vit", #""dropout": 0.1, "representation_size": null"#),
    ])
    func keysThatChangeNothingAreAccepted(type: String, keys: String) throws {
        let (plain, dressed) = (try model(type, ""), try model(type, keys))
        #expect(plain.parameters.entries.map(\.name) == dressed.parameters.entries.map(\.name))
    }

    @Test func tiedHeadIsStoredOnceAndKnownAsADuplicate() throws {
        let tied = try model("gpt2", "")
        #expect(tied.parameters["lm_head.weight"] == nil)
        #expect(
            tied.description.tied.map { [$0.name, $0.parameter] } == [["lm_head.weight", "transformer.wte.weight"]])
        let untied = try model("gpt2", #""tie_word_embeddings": false"#)
        #expect(untied.parameters.entries.last?.name == "lm_head.weight")
        #expect(untied.description.tied.isEmpty)
    }

    @Test func cachedMasksAndFrequenciesAreKnown() throws {
        #expect(
            (try model("gpt2", "")).description.ignored.prefix(2).map(\.name) == [
                "transformer.h.0.attn.bias", "transformer.h.0.attn.masked_bias",
            ])
        #expect(
            try model("llama", "").description.ignored.first?.name == "model.layers.0.self_attn.rotary_emb.inv_freq")
    }

    @Test func filesMayLeaveOutThePrefix() throws {
        let model = try model("gpt2", "")
        let short = model.description.parameters.map { String($0.name.dropFirst("transformer.".count)) }
        let names = try model.fileNames(in: "f", holding: short)
        #expect(names["transformer.h.1.ln_2.bias"] == "h.1.ln_2.bias")
        #expect(names["transformer.h.1.attn.bias"] == "h.1.attn.bias")
        #expect(names["lm_head.weight"] == "lm_head.weight")
    }

    /// As the first BERT files are: saved from TensorFlow, with the heads of both pre-training tasks.
    @Test func layerNormsMayHaveTheirOldNames() throws {
        let model = try model("bert", "")
        let names = try model.fileNames(
            in: "f",
            holding: ["bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.beta", "cls.predictions.bias"])
        #expect(names["bert.embeddings.LayerNorm.weight"] == "bert.embeddings.LayerNorm.gamma")
        #expect(names["bert.embeddings.LayerNorm.bias"] == "bert.embeddings.LayerNorm.beta")
        #expect(names["cls.predictions.transform.LayerNorm.bias"] == "cls.predictions.transform.LayerNorm.bias")
        #expect(model.description.ignored.map(\.name).contains("cls.seq_relationship.weight"))
        let short = try model.fileNames(in: "f", holding: ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.beta"])
        #expect(short["bert.embeddings.LayerNorm.weight"] == "embeddings.LayerNorm.weight")
    }

    /// As torchvision wrote its first vision transformers.
    @Test func layersOfAnMLPMayHaveTheirOldNames() throws {
        let model = try model("torchvision_vit", "")
        let layer = "encoder.layers.encoder_layer_0.mlp"
        let names = try model.fileNames(
            in: "f", holding: ["\(layer).linear_1.weight", "\(layer).linear_1.bias", "\(layer).3.weight"])
        #expect(names["\(layer).0.weight"] == "\(layer).linear_1.weight")
        #expect(names["\(layer).0.bias"] == "\(layer).linear_1.bias")
        // A file that has the new name is read by it.
        #expect(names["\(layer).3.weight"] == "\(layer).3.weight")
    }

    /// As transformers 5 calls them in memory, unlike in files.
    @Test func aVisionTransformerMayHaveItsNamesInMemory() throws {
        let model = try model("vit", #""num_labels": 3"#)
        let (inMemory, inFiles) = ("module.vit.layers.0", "vit.encoder.layer.0")
        let names = try model.fileNames(
            in: "f",
            holding: [
                "\(inMemory).attention.q_proj.weight", "\(inMemory).attention.o_proj.bias",
                "\(inMemory).mlp.fc1.weight", "\(inMemory).mlp.fc2.weight", "\(inMemory).layernorm_after.bias",
                "module.vit.embeddings.cls_token", "module.classifier.weight",
            ])
        #expect(names["\(inFiles).attention.attention.query.weight"] == "\(inMemory).attention.q_proj.weight")
        #expect(names["\(inFiles).attention.output.dense.bias"] == "\(inMemory).attention.o_proj.bias")
        #expect(names["\(inFiles).intermediate.dense.weight"] == "\(inMemory).mlp.fc1.weight")
        #expect(names["\(inFiles).output.dense.weight"] == "\(inMemory).mlp.fc2.weight")
        #expect(names["\(inFiles).layernorm_after.bias"] == "\(inMemory).layernorm_after.bias")
        // What is not there is asked for by its name in files.
        #expect(names["\(inFiles).attention.attention.key.bias"] == "module.\(inFiles).attention.attention.key.bias")
    }

    @Test func keysAndValuesOfCLIPComeBeforeQueries() throws {
        let names = try model("clip_vision_model", "").parameters.entries.map(\.name)
        let order = ["k_proj", "v_proj", "q_proj", "out_proj"].map {
            "vision_model.encoder.layers.0.self_attn.\($0).weight"
        }
        #expect(names.filter(order.contains) == order)
        #expect(
            try model("bert", "").parameters.entries.map(\.name).filter {
                $0.contains("self.") && $0.hasSuffix("weight")
            }.first?.contains("query") == true)
    }
}
