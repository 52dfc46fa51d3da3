import NeuralGraphs
import TestSupport
import Testing

@Suite struct LayerSubgraphsTests {
    /// Words, then layers of a stream with a residual, then a head.
    private func stack(layers: Int, residual: Bool = true, name: (Int) -> String = { "body.\($0)" }) -> GraphBuilder {
        var builder = GraphBuilder()
        let words = builder.nodes("words", 7, isTokenTable: true)
        var stream = builder.nodes("stream 0", 4)
        builder.edges(
            builder.parameter("table", [7, 4]), .tokenTable, words, stream, fromLevels: [(7, 4)], toLevels: [(4, 1)])
        for layer in 0..<layers {
            builder.vector("\(name(layer)).norm_1.weight", .norm, stream)
            let hidden = builder.nodes("hidden \(layer)", 6)
            builder.linear("\(name(layer)).mlp.0.weight", stream, hidden)
            let next = builder.nodes("stream \(layer + 1)", 4)
            if residual { builder.constants("residual", .residual, stream, next) }
            builder.linear("\(name(layer)).mlp.2.weight", hidden, next)
            stream = next
        }
        builder.vector("last.norm", .norm, stream)
        builder.linear("head", stream, builder.nodes("logits", 5))
        return builder
    }

    @Test func partsFollowTheLayers() throws {
        let graph = try stack(layers: 3).graph()
        let parts = try graph.layerSubgraphs()
        #expect(
            parts.map { $0.graph.parameters.entries.map(\.name) } == [
                ["table", "body.0.norm_1.weight", "body.0.mlp.0.weight", "body.0.mlp.2.weight"],
                ["body.1.norm_1.weight", "body.1.mlp.0.weight", "body.1.mlp.2.weight"],
                ["body.2.norm_1.weight", "body.2.mlp.0.weight", "body.2.mlp.2.weight", "last.norm", "head"],
            ])
        #expect(parts.flatMap(\.parameters) == Array(0..<graph.parameters.entries.count))
        // The stream between two layers is in both, so nodes are counted twice there and edges once.
        #expect(parts.map { $0.graph.nodeCount }.reduce(0, +) == graph.nodeCount + 2 * 4)
        #expect(parts.map { $0.graph.edgeCount - $0.graph.nodeCount }.reduce(0, +) == graph.edgeCount - graph.nodeCount)
        #expect(parts.map { $0.graph.tokenWords.max() } == [7, 0, 0])
        #expect(parts[1].graph.nodeBlocks.map(\.name) == ["stream 1", "body.1.norm_1.weight", "hidden 1", "stream 2"])
    }

    @Test func oneLayerIsTheWholeGraph() throws {
        let graph = try stack(layers: 1).graph()
        let parts = try graph.layerSubgraphs()
        #expect(parts.count == 1)
        #expect(parts[0].graph.edgeBlocks == graph.edgeBlocks)
        #expect(parts[0].graph.nodeBlocks == graph.nodeBlocks)
    }

    @Test func graphsWithoutLayersAreRefused() throws {
        #expect(throws: NeuralGraphError.noLayers) { try stack(layers: 3, residual: false).graph().layerSubgraphs() }
        // Numbers that do not count from 0 are no layers.
        #expect(throws: NeuralGraphError.noLayers) {
            try stack(layers: 3, name: { "part\($0 * 2 + 3)" }).graph().layerSubgraphs()
        }
    }

    @Test func aTensorSharedByTwoLayersIsRefused() throws {
        var builder = stack(layers: 2)
        let names = builder.parameters.map(\.name)
        builder.edges(
            names.firstIndex(of: "body.0.mlp.0.weight")!, .linear,
            builder.nodeBlocks.firstIndex { $0.name == "stream 1" }!,
            builder.nodeBlocks.firstIndex { $0.name == "hidden 1" }!, fromLevels: [(4, 1)], toLevels: [(6, 4)])
        let graph = try builder.graph()
        #expect(throws: NeuralGraphError.parameterInTwoLayers(name: "body.0.mlp.0.weight")) {
            try graph.layerSubgraphs()
        }
    }
}
