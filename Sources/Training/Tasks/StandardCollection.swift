import JSONText
import PluginHost

extension CollectionPlan {
    /// The families that `nino collect` trains unless a plan is given.
    ///
    /// Learning rates reach from below the paper's for each kind of network to the highest that still trains (language
    /// models: the paper has 2e-4 alone, while 1e-3 and more are best for Adam at these sizes). Ten thousand steps, so
    /// that every horizon has targets.
    public static let standard = CollectionPlan(families: [
        images(
            "fm-cnn", task: "fm-16", rates: 1e-3...1e-2,
            [
                "model_type": .fixed(.text("cnn")),
                "hidden": .choice(
                    [[8, 16, 16], [12, 24, 24], [16, 32, 32], [16, 16], [24, 32, 32], [8, 16, 24, 24]].map(numbers)),
                "kernel_size": .fixed(.integer(3)),
            ]),
        images(
            "fm-mlp", task: "fm-16", rates: 3e-4...6e-3,
            [
                "model_type": .fixed(.text("mlp")),
                "hidden": .choice([[16], [32], [16, 16], [24, 24], [32, 16], [16, 16, 16]].map(numbers)),
            ]),
        images(
            "fm-vit", task: "fm-vit", rates: 3e-4...3e-3,
            [
                "model_type": .fixed(.text("torchvision_vit")), "patch_size": choice(4, 7),
                "num_layers": choice(1, 2, 3), "num_heads": choice(2, 4),
                "hidden_dim": choice(16, 24, 32, 48), "mlp_dim": choice(32, 48, 64, 96),
            ]),
        text(
            "text-gpt2",
            [
                "model_type": .fixed(.text("gpt2")), "n_embd": choice(16, 24, 32, 48, 64), "n_layer": choice(1, 2, 3),
                "n_head": choice(2, 4),
                "n_positions": .fixed(.integer(64)), "activation_function": .fixed(.text("gelu_new")),
            ]),
        text("text-llama", gated("llama")),
        text("text-qwen3", gated("qwen3")),
    ])

    private static func numbers(_ values: [Int]) -> JSONValue { .list(values.map { .integer(Int64($0)) }) }
    private static func choice(_ values: Int64...) -> DrawnValue { .choice(values.map(JSONValue.integer)) }

    private static func images(_ name: String, task: String, rates: ClosedRange<Double>, _ config: [String: DrawnValue])
        -> Family
    {
        let image: [String: DrawnValue] = [
            "in_channels": .fixed(.integer(1)), "image_size": .fixed(.integer(28)), "num_classes": .fixed(.integer(10)),
        ]
        return Family(
            name: name, task: task, config: config.merging(image) { own, _ in own }, learningRate: rates,
            weightDecay: 0, batchSize: 128, steps: 10_000)
    }

    private static func text(_ name: String, _ config: [String: DrawnValue]) -> Family {
        let bytes: [String: DrawnValue] = [
            "vocab_size": .fixed(.integer(256)), "tie_word_embeddings": .fixed(.boolean(true)),
        ]
        return Family(
            name: name, task: "text", config: config.merging(bytes) { own, _ in own }, learningRate: 3e-4...1e-2,
            weightDecay: 0.01, batchSize: 32, steps: 10_000)
    }

    /// Rotary positions, root-mean-square norms and a gated MLP.
    private static func gated(_ type: String) -> [String: DrawnValue] {
        [
            "model_type": .fixed(.text(type)), "hidden_size": choice(16, 24, 32, 48, 64),
            "intermediate_size": choice(40, 64, 96, 128),
            "num_hidden_layers": choice(1, 2, 3), "num_attention_heads": choice(2, 4),
            "num_key_value_heads": choice(1, 2), "head_dim": choice(8, 12, 16),
            "max_position_embeddings": .fixed(.integer(64)), "hidden_act": .fixed(.text("silu")),
        ]
    }
}
