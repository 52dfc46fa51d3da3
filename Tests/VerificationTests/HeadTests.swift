import PluginHost
import Testing
import Verification
import ZooSupport

/// What may stand on a body in place of the usual head.
@Suite struct HeadTests {
    @Test(arguments: [
        (
            #""llama", "architectures": ["LlamaForSequenceClassification"], "num_labels": 3, "vocab_size": 9, "#
                + #""hidden_size": 12, "intermediate_size": 5, "num_hidden_layers": 1, "num_attention_heads": 6, "#
                + #""num_key_value_heads": 2"#,
            5
        ),
        (
            #""bert", "architectures": ["BertModel"], "vocab_size": 9, "max_position_embeddings": 8, "#
                + #""hidden_size": 6, "intermediate_size": 5, "num_hidden_layers": 1, "num_attention_heads": 3"#, 5
        ),
        (
            #""vit", "architectures": ["ViTModel"], "hidden_size": 6, "intermediate_size": 5, "num_hidden_layers": 1, "#
                + #""num_attention_heads": 3, "patch_size": 3, "image_size": 9"#, 5
        ),
        // Its stream is its result, so the stream's units stay.
        (
            #""clip_vision_model", "architectures": ["CLIPVisionModel"], "hidden_size": 6, "intermediate_size": 5, "#
                + #""num_hidden_layers": 1, "num_attention_heads": 3, "patch_size": 3, "image_size": 9"#, 4
        ),
    ])
    func claimsHoldAndControlsAreCaught(keys: String, groups: Int) throws {
        let model = try Zoo.model("{\"model_type\": \(keys)}")
        let report = try Verifier(trials: 1).verify(Subject(model), name: "head")
        #expect(report.holds, "\(report.failures)")
        #expect(report.derivation?.isComplete == true && report.derivation?.agreed.count == groups)
        #expect(report.controls > 50 && report.caught == report.controls)
    }
}
