import Foundation
import PluginHost
import TestSupport
import Testing
import ZooSupport

/// Configs as people publish them, with the number of parameters that goes with each, and the heads that stand on one
/// body.
@Suite struct PublishedConfigurationTests {
    /// Classes of transformers that a plugin reads beside the usual one, and what they add to a small body: the tensors
    /// and their scalars.
    static let heads: [(type: String, name: String, added: [String: Int])] = [
        ("gpt2", "GPT2Model", [:]), ("gpt2", "GPT2ForSequenceClassification", ["score.weight": 18]),
        ("gpt2", "GPT2ForTokenClassification", ["classifier.weight": 18, "classifier.bias": 3]),
        ("gpt2", "GPT2ForQuestionAnswering", ["qa_outputs.weight": 12, "qa_outputs.bias": 2]),
        ("llama", "LlamaModel", [:]), ("llama", "LlamaForSequenceClassification", ["score.weight": 36]),
        ("llama", "LlamaForTokenClassification", ["score.weight": 36, "score.bias": 3]),
        ("llama", "LlamaForQuestionAnswering", ["qa_outputs.weight": 24, "qa_outputs.bias": 2]),
        ("qwen3", "Qwen3Model", [:]), ("qwen3", "Qwen3ForSequenceClassification", ["score.weight": 36]),
        ("qwen3", "Qwen3ForTokenClassification", ["score.weight": 36, "score.bias": 3]),
        ("qwen3", "Qwen3ForQuestionAnswering", ["qa_outputs.weight": 24, "qa_outputs.bias": 2]),
        ("bert", "BertModel", ["bert.pooler.dense.weight": 36, "bert.pooler.dense.bias": 6]),
        ("bert", "BertForTokenClassification", ["classifier.weight": 18, "classifier.bias": 3]),
        ("bert", "BertForQuestionAnswering", ["qa_outputs.weight": 12, "qa_outputs.bias": 2]),
        ("vit", "ViTModel", ["vit.pooler.dense.weight": 36, "vit.pooler.dense.bias": 6]),
        ("clip_vision_model", "CLIPVisionModel", [:]),
    ]

    static func model(_ type: String, _ name: String) throws -> Model {
        let body = try #require(ZooConfigurationTests.bases[type])
        return try Zoo.model(
            #"{"model_type": "\#(type)", "architectures": ["\#(name)"], "num_labels": 3, \#(body)}"#)
    }

    @Test func sizeIsThePublishedOne() throws {
        struct Published: Decodable { let parameters: Int }
        let file = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/published_configs.json")
        let data = try Data(contentsOf: file)
        let sizes = try JSONDecoder().decode([String: Published].self, from: data)
        let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        #expect(sizes.count == 21)
        for (name, published) in sizes {
            let config = try JSONSerialization.data(withJSONObject: try #require(all[name]?["config"]))
            let model = try Zoo.model(String(decoding: config, as: UTF8.self))
            #expect(model.parameters.count == published.parameters, "\(name)")
        }
    }

    @Test(arguments: heads)
    func headIsAsInTransformers(type: String, name: String, added: [String: Int]) throws {
        let model = try Self.model(type, name)
        let heads = ["score.", "classifier.", "qa_outputs.", "pooler.", "lm_head.", "cls.", "visual_projection."]
        let found = model.parameters.entries.filter { entry in heads.contains { entry.name.contains($0) } }
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.count) }) == added)
        let logits = try Zoo.logits(model, model.initialParameters(seed: 1))
        #expect(logits.allSatisfy { $0.isFinite })
        _ = try model.constructedGraph()
    }

    /// Scores of sequences are those of the last position: what stands before it matters, as attention sees it.
    @Test func classesOfASequenceAreReadAtItsEnd() throws {
        let tokens = try Self.model("gpt2", "GPT2ForTokenClassification")
        let sequence = try Self.model("gpt2", "GPT2ForSequenceClassification")
        let parameters = tokens.initialParameters(seed: 4)
        // The same but for the bias, which is drawn as zeros.
        let all = try Zoo.logits(tokens, parameters)
        let last = try Zoo.logits(sequence, Array(parameters.dropLast(3)))
        #expect(all.count == 2 * 4 * 3 && last.count == 2 * 3)
        #expect(last == Array(all[9..<12] + all[21..<24]))
        #expect(last != Array(all[0..<3] + all[12..<15]))
    }
}
