import Derivation
import Foundation
import NeuralGraphs
import PluginHost
import TestSupport
import Testing
import Verification
import ZooSupport

@Suite struct DerivedGraphTests {
    private func derived(_ model: Model) throws -> (symmetries: DerivedSymmetries, graph: NeuralGraph) {
        let symmetries = try DerivedSymmetries(model)
        return (symmetries, try DerivedGraph.graph(of: model, symmetries))
    }

    @Test(arguments: Zoo.samples)
    func derivedGraphPassesTheThreeProofs(sample: String) throws {
        let model = try Zoo.model(sample)
        let (symmetries, graph) = try derived(model)
        let report = try Verifier(trials: 1).verify(
            Subject(model, claims: symmetries.symmetries, graph: graph), name: "derived")
        #expect(report.failures.map(\.message) == [])
        #expect(report.controls > 0 && report.caught == report.controls)
    }

    @Test(arguments: Zoo.architectures)
    func derivedGraphHasTheEdgesOfTheConstructors(name: String) throws {
        let model = try Zoo.model(named: name)
        let difference = GraphDifference(try derived(model).graph, try model.constructedGraph())
        #expect(difference.tensors == [])
        #expect(difference.connections.firstOnly == [] && difference.connections.secondOnly == [])
        let isChain = ["mlp", "cnn"].contains(model.architecture.modelTypes[0])
        #expect(difference.isIdentical || !isChain, "\(difference.lines)")
    }

    @Test(arguments: Zoo.samples.filter { try! Zoo.model($0).architecture.hasNeuralGraph })
    func derivedGraphOfASampleHasTheEdgesOfTheConstructors(sample: String) throws {
        let model = try Zoo.model(sample)
        let difference = GraphDifference(try derived(model).graph, try model.constructedGraph())
        #expect(difference.lines.count == 1, "\(difference.lines)")
        let isChain = ["mlp", "cnn"].contains(model.architecture.modelTypes[0])
        #expect(difference.isIdentical || !isChain, "\(difference.lines)")
    }

    /// The difference names what another constructor does otherwise.
    @Test func differenceNamesTensorsAndConnections() throws {
        let model = try Zoo.model(named: "llama-tiny")
        let graph = try model.constructedGraph()
        func altered(_ change: (EdgeBlock) -> EdgeBlock?) throws -> GraphDifference {
            GraphDifference(
                try NeuralGraph(
                    groups: graph.groups, parameters: graph.parameters, nodeBlocks: graph.nodeBlocks,
                    edgeBlocks: graph.edgeBlocks.compactMap(change)),
                graph)
        }
        #expect(try altered { $0 }.lines == ["identical: nodes and edges in the same order"])
        let name = "model.layers.0.self_attn.k_proj.weight"
        let turned = try altered { block in
            block.name != name
                ? block
                : EdgeBlock(
                    name: name, type: block.type, topology: block.topology, from: block.from, to: block.to,
                    reversed: false, values: block.values)
        }
        #expect(turned.lines.dropFirst() == ["\(name): edges run the other way round"])
        let retyped = try altered { block in
            block.name != name
                ? block
                : EdgeBlock(
                    name: name, type: .linear, topology: block.topology, from: block.from, to: block.to, reversed: true,
                    values: block.values)
        }
        #expect(retyped.lines.dropFirst() == ["\(name): edges of type linear, the other's are key"])
        let without = try altered { $0.name == "model.layers.0.self_attn.o_proj residual" ? nil : $0 }
        #expect(
            without.tensors.isEmpty
                && without.connections.secondOnly == [
                    "model.embed_tokens → stream after model.layers.0.self_attn.o_proj (residual)"
                ])
    }

    @Test func forwardPassAloneIsEnough() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestForwardOnly")
        let registry = PluginRegistry(searching: PluginDirectories(named: [folder.path], shared: []))
        let model = try registry.model(
            for: ModelConfiguration(
                json: Data(registry.plugins[0].architectures[0].sampleConfigurations[0].utf8), file: "sample.json"))
        #expect(!model.architecture.hasNeuralGraph && model.description.groups.isEmpty)
        let graph = try model.neuralGraph()
        #expect(graph.groups.map(\.size) == [6, 9])
        #expect(graph.edgeBlocks.filter { $0.type == .residual }.count == 1)
        #expect(graph.edgeBlocks.filter { $0.type == .norm }.count == 1)
        let report = try Verifier(trials: 1).verify(Subject(model), name: "forward only")
        #expect(report.holds && report.groups.count == 3)
    }
}
