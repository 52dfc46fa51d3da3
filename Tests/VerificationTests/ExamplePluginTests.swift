import Foundation
import NeuralGraphs
import PluginHost
import TestSupport
import Testing
import Verification

/// Architectures that are not in the zoo, written with the SDK as it is.
@Suite struct ExamplePluginTests {
    /// Libraries stay loaded when their files are gone.
    private static let registry: PluginRegistry = {
        let folder = TemporaryFolder()
        folder.addPlugins("TestMixer", "TestPhi")
        return PluginRegistry(searching: PluginDirectories(named: [folder.path], shared: []))
    }()

    private func model(_ json: String) throws -> Model {
        try Self.registry.model(for: ModelConfiguration(json: Data(json.utf8), file: "sample.json"))
    }

    /// Of the only sample of a plugin.
    private func model(of plugin: String) throws -> Model {
        let architectures = Self.registry.plugins.filter { $0.id == plugin }.flatMap(\.architectures)
        let samples = architectures.flatMap(\.sampleConfigurations)
        #expect(samples.count == 1)
        return try model(samples[0])
    }

    /// Groups: of a Mixer the channels and, in each of two blocks, the hidden units of both MLPs; of Phi the stream
    /// and, in each of two layers, heads, value dimensions and hidden units.
    @Test(arguments: [("test.mixer", 5), ("test.phi", 7)])
    func claimsHoldAndControlsAreCaught(plugin: String, groups: Int) throws {
        let model = try model(of: plugin)
        #expect(model.description.groups.count == groups)
        let report = try Verifier(trials: 1).verify(Subject(model), name: plugin)
        #expect(report.holds, "\(report.failures)")
        // One for each group, and one for all of them together.
        #expect(report.groups.count == groups + 1)
        #expect(report.controls > 70 && report.caught == report.controls && report.inert.isEmpty)
        #expect(report.derivation?.agreed.count == groups && report.derivation?.isComplete == true)
    }

    /// Where the rotary embedding turns half of a head, the other half may be permuted: a symmetry that the axes of the
    /// claims cannot say, and that the derivation finds.
    @Test func dimensionsThatAreNotTurnedAreFreeAndDerived() throws {
        let half = try model(
            #"{"model_type": "phi", "vocab_size": 11, "hidden_size": 12, "intermediate_size": 10, "#
                + #""num_hidden_layers": 1, "num_attention_heads": 3}"#)
        let report = try Verifier(trials: 1).verify(Subject(half), name: "half")
        #expect(report.holds, "\(report.failures)")
        #expect(report.derivation?.notClaimed.contains { $0.size == 2 } == true)
    }

    /// A weight that mixes patches joins nodes for them, apart from those of the channels.
    @Test func mixerHasAStreamOfPatchesAndOneOfChannels() throws {
        let graph = try model(of: "test.mixer").constructedGraph()
        let residuals = graph.edgeBlocks.filter { $0.type == .residual }.map { graph.nodeBlocks[$0.from].count }
        #expect(residuals == [4, 6, 4, 6])
    }

    /// Attention and MLP lead into one stage of the stream: one residual connection for each layer.
    @Test func parallelBranchesShareAStage() throws {
        let graph = try model(of: "test.phi").constructedGraph()
        #expect(graph.edgeBlocks.filter { $0.type == .residual }.count == 2)
        func target(_ parameter: String) -> Int? { graph.edgeBlocks.first { $0.name == parameter }?.to }
        let (attention, mlp) = (
            target("model.layers.1.self_attn.dense.weight"), target("model.layers.1.mlp.fc2.weight")
        )
        #expect(attention != nil && attention == mlp)
    }

    /// The published size of phi-1_5.
    @Test func parameterCountIsThePublishedOne() throws {
        let model = try model(#"{"model_type": "phi"}"#)
        #expect(model.parameters.count == 1_418_270_720)
        #expect(try model.constructedGraph().edgeCount > model.parameters.count)
    }
}
