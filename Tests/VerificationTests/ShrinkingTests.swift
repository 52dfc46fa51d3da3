import Foundation
import NeuralGraphs
import PluginHost
import TestSupport
import Testing
import Verification
import ZooSupport

@Suite struct ShrinkingTests {
    private func report(named name: String) throws -> VerificationReport {
        let catalog = ConfigurationCatalog(folders: [BuiltProducts.repository.appendingPathComponent("Architectures")])
        let model = try Zoo.registry.model(for: catalog.load(name))
        return try Verifier(trials: 1).verify(Subject(model), name: name)
    }

    @Test(arguments: ["llama-3.1-8b", "gpt2", "vit-b-16", "qwen3-0.6b", "gpt2-tiny"])
    func largeModelsAreProvenByAModelOfTheSameStructure(name: String) throws {
        let report = try report(named: name)
        let shrinking = try #require(report.shrinking)
        #expect(report.holds, "\(report.failures.map(\.message))")
        #expect(report.size.edges <= ModelShrinker.edgeLimit && shrinking.fullSize.edges > ModelShrinker.edgeLimit)
        #expect(report.groups.contains { $0.group == "hidden_1" })
    }

    @Test func groupedHeadsStayGroupedAndSizesApart() throws {
        let report = try report(named: "llama-3.1-8b")
        func size(_ name: String) -> Int { report.groups.first { $0.group == name }!.size }
        #expect(size("kv_0") > 1 && size("group_0") > 1)
        #expect(Set(["residual", "kv_0", "group_0", "hidden_0"].map(size)).count == 4)
        #expect(report.shrinking!.fullSize.parameters == 8_030_261_248)
    }

    /// A token id beyond the small vocabulary is lowered with it.
    @Test func numbersThatThePluginInsistsOnAreLoweredToo() throws {
        let json = #"""
            {"model_type": "llama", "vocab_size": 5000, "pad_token_id": 4999, "hidden_size": 64,
              "intermediate_size": 96, "num_hidden_layers": 3,
             "num_attention_heads": 4}
            """#
        let subject = try Subject(Zoo.model(json))
        var shrinker = ModelShrinker(subject)
        let (small, changes) = try shrinker.shrink()
        #expect(small.graph.edgeCount <= ModelShrinker.edgeLimit)
        #expect(changes.contains { $0.key == "vocab_size" } && changes.contains { $0.key == "pad_token_id" })
    }

    @Test func whatDoesNotGetSmallIsRefused() throws {
        let subject = try Subject(
            Zoo.model(
                #"{"model_type": "mlp", "hidden": [300, 200], "in_channels": 1, "image_size": 3, "num_classes": 4}"#))
        var shrinker = ModelShrinker(subject) { _ in
            throw PluginHostError.configurationNotAnObject(file: "none will do", found: "")
        }
        #expect(
            throws: VerificationError.notShrinkable(
                model: "sample.json", limit: ModelShrinker.edgeLimit, found: subject.graph.edgeCount)
        ) { try shrinker.shrink() }
    }

    /// At full size the structure alone is looked at; an error there is found without the small model's help.
    @Test func wrongClaimOfALargeModelIsNamedAtFullSize() throws {
        let catalog = ConfigurationCatalog(folders: [BuiltProducts.repository.appendingPathComponent("Architectures")])
        let model = try Zoo.registry.model(for: catalog.load("llama-3.1-8b"))
        var axes = model.description.claims.axes
        axes["model.layers.7.self_attn.o_proj.weight"]![1] = Axis(.fixed(4096))
        let subject = Subject(
            model, claims: Symmetries(groups: model.description.groups, axes: axes), graph: try model.constructedGraph()
        )
        let report = try Verifier(trials: 1).verify(subject, name: "large")
        #expect(!report.holds && report.failures.isEmpty)
        #expect(report.shrinking?.failures.map(\.parameter) == ["model.layers.7.self_attn.o_proj.weight"])
    }
}
