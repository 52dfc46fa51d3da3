import Foundation
import NeuralGraphs
import PluginHost
import Testing
import Verification
import ZooSupport

@Suite struct VerifierTests {
    @Test(arguments: Zoo.samples)
    func everySampleOfTheZooHolds(sample: String) throws {
        let report = try Verifier(trials: 1).verify(Subject(Zoo.model(sample)), name: "sample")
        #expect(report.failures.isEmpty, "\(report.failures.map(\.message))")
        #expect(report.controls > 0 && report.caught == report.controls)
        #expect(report.groups.allSatisfy { $0.graph && $0.functionError! < 1e-4 && $0.nowcastError! < 1e-4 })
    }

    @Test func keyBiasOfGPT2IsReportedAsInert() throws {
        let model = try Zoo.model(
            #"{"model_type": "gpt2", "vocab_size": 11, "n_embd": 6, "n_layer": 1, "n_head": 2, "n_positions": 8}"#)
        let report = try Verifier(trials: 1).verify(Subject(model), name: "gpt2")
        #expect(report.holds)
        #expect(
            !report.inert.isEmpty
                && report.inert.allSatisfy {
                    $0.hasPrefix("function: ") && $0.contains("attn.c_attn.bias segment 2 of 3")
                })
    }

    @Test func reportIsTheSameEveryTime() throws {
        let subject = try Subject(Zoo.model(Zoo.samples[0]))
        let reports = try (0..<2).map { _ in try Verifier(trials: 2, seed: 7).verify(subject, name: "again") }
        #expect(reports[0] == reports[1])
    }

    /// An axis that the plugin forgot to claim: the function changes, and the graph says where.
    @Test func forgottenAxisIsNamed() throws {
        let model = try Zoo.model(
            #"{"model_type": "mlp", "hidden": [6, 5], "in_channels": 1, "image_size": 3, "num_classes": 4}"#)
        var axes = model.description.claims.axes
        axes["fc.2.weight"] = [axes["fc.2.weight"]![0], Axis(.fixed(6))]
        let claims = Symmetries(groups: model.description.groups, axes: axes)
        let report = try Verifier(trials: 1).verify(
            Subject(model, claims: claims, graph: model.constructedGraph()), name: "mlp")
        #expect(!report.holds)
        #expect(Set(report.failures.map(\.proof)).isSuperset(of: [.structure, .function, .nowcast]))
        let blame = report.failures.first { $0.proof == .structure }
        #expect(blame?.parameter == "fc.2.weight" && blame?.groups == ["hidden_0"])
        #expect(report.failures.allSatisfy { !$0.groups.contains("hidden_1") })
        // Another claim for that axis alone would mend it.
        let cause = report.failures.first { $0.proof == .function && $0.parameter != nil }
        #expect(cause?.parameter == "fc.2.weight" && cause?.expected == "(hidden_0)" && cause?.found == "(fixed(6))")
    }

    /// The key bias attached to the residual stream: the structure names it at once, at any size.
    @Test func edgeBlockAtTheWrongNodesIsNamed() throws {
        let model = try Zoo.model(
            #"{"model_type": "gpt2", "vocab_size": 11, "n_embd": 6, "n_layer": 1, "n_head": 2, "n_positions": 8}"#)
        let graph = try model.constructedGraph()
        let stream = graph.nodeBlocks.firstIndex { $0.name == "transformer.wte" }!
        let bias = "transformer.h.0.attn.c_attn.bias 1"
        let keyBias = graph.edgeBlocks.firstIndex { graph.nodeBlocks[$0.from].name == bias }!
        var blocks = graph.edgeBlocks
        let block = blocks[keyBias]
        blocks[keyBias] = EdgeBlock(
            name: block.name, type: block.type, topology: block.topology, from: block.from, to: stream,
            values: block.values)
        let broken = try NeuralGraph(
            groups: graph.groups, parameters: graph.parameters, nodeBlocks: graph.nodeBlocks, edgeBlocks: blocks)
        let report = try Verifier(trials: 1).verify(
            Subject(model, claims: model.description.claims, graph: broken), name: "gpt2")
        let blame = try #require(report.failures.first)
        #expect(
            blame.proof == .structure && blame.parameter == "transformer.h.0.attn.c_attn.bias"
                && blame.axis == "(heads_0, qk_0)")
        #expect(blame.found == "sources \"\(bias)\" (fixed(1)), targets \"transformer.wte\" (residual)")
        #expect(report.groups.filter { !$0.graph }.compactMap(\.group).contains("residual"))
    }

    @Test func groupThatActsNowhereIsNoClaim() throws {
        let model = try Zoo.model(
            #"{"model_type": "mlp", "hidden": [6, 5], "in_channels": 1, "image_size": 3, "num_classes": 4}"#)
        let groups = model.description.groups + [PermutationGroup(name: "idle", size: 1 << 31)]
        let graph = try model.constructedGraph()
        let larger = try NeuralGraph(
            groups: groups, parameters: graph.parameters, nodeBlocks: graph.nodeBlocks, edgeBlocks: graph.edgeBlocks)
        let claims = Symmetries(groups: groups, axes: model.description.claims.axes)
        let report = try Verifier(trials: 1).verify(Subject(model, claims: claims, graph: larger), name: "mlp")
        #expect(report.failures.map(\.message) == ["acts on no tensor"] && report.failures[0].groups == ["idle"])
    }

    /// A family whose index stands behind it cannot act.
    @Test func familyBeforeItsIndexIsNoClaim() throws {
        let model = try Zoo.model(
            #"{"model_type": "gpt2", "vocab_size": 11, "n_embd": 6, "n_layer": 1, "n_head": 2, "n_positions": 8}"#)
        var axes = model.description.claims.axes
        let axis = axes["transformer.h.0.attn.c_proj.weight"]![0]
        axes["transformer.h.0.attn.c_proj.weight"]![0] = Axis(segments: [axis.segments[0].reversed()])
        let claims = Symmetries(groups: model.description.groups, axes: axes)
        let report = try Verifier(trials: 1).verify(
            Subject(model, claims: claims, graph: model.constructedGraph()), name: "gpt2")
        #expect(
            report.failures.map(\.message) == [
                "tensor transformer.h.0.attn.c_proj.weight: segment (v_0, heads_0): v_0 depends on heads_0, which "
                    + "must stand before it"
            ])
    }

    @Test func recordsSurviveJSONAndMakeTheSameTable() throws {
        let report = try Verifier(trials: 1).verify(Subject(Zoo.model(Zoo.samples[0])), name: "sample")
        let read = try JSONDecoder().decode(VerificationReport.self, from: JSONEncoder().encode(report))
        #expect(read == report && ReportTable(read).lines == ReportTable(report).lines)
    }
}
