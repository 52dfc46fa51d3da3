import NeuralGraphs
import PluginHost
import Testing
import Verification

@Suite struct VerifierTests {
    @Test(arguments: Zoo.samples)
    func everySampleOfTheZooHolds(sample: String) throws {
        let report = try Verifier(trials: 1).verify(Subject(Zoo.model(sample)), name: "sample")
        #expect(report.failures.isEmpty, "\(report.failures.map(\.message))")
        #expect(report.controls > 0 && report.caught == report.controls)
        #expect(report.groups.allSatisfy { $0.graph && $0.functionError < 1e-4 && $0.nowcastError < 1e-4 })
    }

    @Test func keyBiasOfGPT2IsReportedAsInert() throws {
        let model = try Zoo.model(#"{"model_type": "gpt2", "vocab_size": 11, "n_embd": 6, "n_layer": 1, "n_head": 2, "n_positions": 8}"#)
        let report = try Verifier(trials: 1).verify(Subject(model), name: "gpt2")
        #expect(report.holds)
        #expect(!report.inert.isEmpty && report.inert.allSatisfy { $0.hasPrefix("function: ") && $0.contains("attn.c_attn.bias segment 2 of 3") })
    }

    @Test func reportIsTheSameEveryTime() throws {
        let subject = try Subject(Zoo.model(Zoo.samples[0]))
        let reports = try (0..<2).map { _ in try Verifier(trials: 2, seed: 7).verify(subject, name: "again") }
        #expect(reports[0] == reports[1])
    }

    /// An axis that the plugin forgot to claim: the function changes, and the graph says where.
    @Test func forgottenAxisIsNamed() throws {
        let model = try Zoo.model(#"{"model_type": "mlp", "hidden": [6, 5], "in_channels": 1, "image_size": 3, "num_classes": 4}"#)
        var axes = model.description.claims.axes
        axes["fc.2.weight"] = [axes["fc.2.weight"]![0], Axis(.fixed(6))]
        let claims = Symmetries(groups: model.description.groups, axes: axes)
        let report = try Verifier(trials: 1).verify(Subject(model, claims: claims, graph: model.graph()), name: "mlp")
        #expect(!report.holds)
        #expect(Set(report.failures.map(\.proof)).isSuperset(of: [.structure, .function, .nowcast]))
        let blame = report.failures.first { $0.proof == .structure }
        #expect(blame?.parameter == "fc.2.weight" && blame?.groups == ["hidden_0"])
        #expect(report.failures.allSatisfy { !$0.groups.contains("hidden_1") })
    }
}
