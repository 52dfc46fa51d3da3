import NeuralGraphs
import PluginHost
import Testing
import Verification
import ZooSupport

/// Graphs edge by edge, broken in the ways of published ones.
@Suite struct GraphFileTests {
    private static let gpt2 =
        #"{"model_type": "gpt2", "vocab_size": 13, "n_embd": 6, "n_layer": 2, "n_head": 3, "#
        + #""n_positions": 7, "n_inner": 8}"#
    private static let llama = #"""
        {"model_type": "llama", "vocab_size": 13, "hidden_size": 10, "intermediate_size": 9, "num_hidden_layers": 1,
          "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 4}
        """#

    private func report(_ model: Model, _ edges: EdgeList) throws -> VerificationReport {
        let words = Array(repeating: 0, count: edges.nodeCount)
        return try GraphFileVerifier(trials: 2).verify(
            edges, words: words, parameters: model.parameters, of: model, name: "file")
    }

    private func failing(_ report: VerificationReport) -> Set<String> {
        Set(report.groups.filter { !$0.graph }.compactMap(\.group))
    }

    @Test(arguments: Zoo.samples)
    func graphsOfTheZooFollowEveryGroup(sample: String) throws {
        let model = try Zoo.model(sample)
        let report = try report(model, EdgeList(model.constructedGraph()))
        #expect(report.holds, "\(report.failures.map(\.message))")
        #expect(report.controls > 0 && report.caught == report.controls)
    }

    /// Defect D2 of the release.
    @Test func keyBiasOnTheStreamBreaksHeadsQueriesAndStream() throws {
        let model = try Zoo.model(Self.gpt2)
        let graph = try model.constructedGraph()
        let streams = ["transformer.wte", "stream after transformer.h.0.mlp.c_proj"]
        let broken = EdgeList(graph).changed { edge in
            for (layer, name) in streams.enumerated() {
                let bias = model.parameters["transformer.h.\(layer).attn.c_attn.bias"]!.offset
                let stream = graph.nodeBlocks.first { $0.name == name }!.first
                if (bias + 6..<bias + 12).contains(edge.scalar) { edge.target = stream + edge.scalar - bias - 6 }
            }
        }
        let report = try report(model, broken)
        #expect(failing(report) == ["residual", "heads_0", "heads_1", "qk_0", "qk_1"])
        let blame = report.failures.first { $0.groups == ["heads_0"] && $0.axis != nil }
        #expect(blame?.parameter == "transformer.h.0.attn.c_attn.bias")
        #expect(blame?.axis == "(heads_0, qk_0)" && blame?.found == "nodes that move as (residual)")
    }

    /// Defect D4.
    @Test func tokenTableInColumnOrderBreaksTheStreamAlone() throws {
        let model = try Zoo.model(Self.llama)
        let table = model.parameters["model.embed_tokens.weight"]!
        let broken = try EdgeList(model.constructedGraph()).changed { edge in
            if table.range.contains(edge.scalar) {
                edge.scalar = edge.scalar % table.shape[0] * table.shape[1] + edge.scalar / table.shape[0]
            }
        }
        let report = try report(model, broken)
        #expect(failing(report) == ["residual"])
        #expect(
            report.failures.contains { $0.parameter == "model.embed_tokens.weight" && $0.message.contains("scattered") }
        )
    }

    /// Defect D6.
    @Test func keysOnTheFirstHeadsAloneBreakTheHeads() throws {
        let model = try Zoo.model(Self.llama)
        let graph = try model.constructedGraph()
        let key = model.parameters["model.layers.0.self_attn.k_proj.weight"]!
        let units = "model.layers.0.self_attn.q_proj queries and keys"
        let queries = graph.nodeBlocks.first { $0.name == units }!.first
        let broken = EdgeList(graph).changed { edge in
            // Row r of the keys moves to query unit r; other copies go.
            guard key.range.contains(edge.scalar) else { return }
            let unit = edge.source - queries
            if unit / 4 % 2 == 1 {
                edge.isDropped = true
            } else {
                edge.source = queries + (edge.scalar - key.offset) / 10
            }
        }
        let report = try report(model, broken)
        #expect(failing(report) == ["kv_0", "group_0"])
        #expect(report.failures.contains { $0.parameter == "model.layers.0.self_attn.k_proj.weight" })
    }

    @Test func scalarOnNoEdgeAndNodeWithoutEdgesAreNamed() throws {
        let model = try Zoo.model(
            #"{"model_type": "mlp", "hidden": [6, 5], "in_channels": 1, "image_size": 3, "num_classes": 4}"#)
        let bias = model.parameters["fc.2.bias"]!
        let broken = try EdgeList(model.constructedGraph()).changed { edge in
            if bias.range.contains(edge.scalar) { edge.isDropped = true }
        }
        let report = try report(model, broken)
        #expect(
            report.failures.map(\.message) == [
                "parameter fc.2.bias: expected every scalar on an edge, found scalar 0 on none",
                "1 nodes without edges, the first one is 16",
            ])
    }

    @Test func graphOfAnotherModelIsRefused() throws {
        let model = try Zoo.model(Self.gpt2)
        let other = try Zoo.model(Self.llama)
        let error = VerificationError.otherParameters(
            graph: "file", expected: "transformer.wte.weight [13, 6]", found: "model.embed_tokens.weight [13, 10]")
        #expect(throws: error) {
            try GraphFileVerifier().verify(
                EdgeList(other.constructedGraph()), words: [], parameters: other.parameters, of: model, name: "file")
        }
    }
}

/// An edge to be put wrong.
private struct BrokenEdge {
    var source: Int
    var target: Int
    var scalar: Int
    var isDropped = false
}

extension EdgeList {
    fileprivate func changed(_ change: (inout BrokenEdge) -> Void) -> EdgeList {
        var (edges, kept) = ([BrokenEdge](), [Int]())
        for index in sources.indices {
            var edge = BrokenEdge(source: sources[index], target: targets[index], scalar: parameterScalars[index])
            change(&edge)
            guard !edge.isDropped else { continue }
            edges.append(edge)
            kept.append(index)
        }
        return try! EdgeList(
            nodeCount: nodeCount, sources: edges.map(\.source), targets: edges.map(\.target),
            types: kept.map { types[$0] },
            parameterScalars: edges.map(\.scalar), slots: kept.map { slots[$0] },
            parameterCount: parameterScalars.max()! + 1_000)
    }
}
