import Derivation
import ArgumentParser
import Checkpoints
import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import PluginHost
import Presentation

struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Show the neural graph of a model; write it as a file or a picture.",
        discussion: """
            The file holds edge_index, edge_type, edge_param, edge_slots and lpe, and the parameter list in its \
            metadata, so that \
            `nino step --graph` can use it without a plugin.
            """)

    @Option(help: "A config: a path, or a name that nino configs lists.")
    var config: String

    @Flag(help: "The graph derived from the forward pass, which is also taken where a plugin has no constructor.")
    var derived = false

    @Flag(help: "Say also how the derived graph differs from the constructor's.")
    var diff = false

    @Option(
        help: ArgumentHelp(
            "Say how groups and graph differ from those of another config with the same tensors.", valueName: "config"))
    var against: String?

    @Option(help: ArgumentHelp("Write the graph as safetensors.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Draw its blocks as an adjacency matrix.", valueName: "file"))
    var svg: String?

    @Option(help: ArgumentHelp("With --svg: one layer alone, such as model.layers.0.", valueName: "name"))
    var layer: String?

    @Option(
        help: ArgumentHelp(
            "A page with all layers as pictures and tables, and what edge types mean.", valueName: "file"))
    var html: String?

    @OptionGroup var common: CommonOptions

    private struct Summary: Encodable {
        let plugin: String
        let nodes: Int
        let edges: Int
        let parameters: Int
        let slots: Int
        let edgesByType: [String: Int]
        let cells: Int
        let lpeColumns: Int
        let isDerived: Bool
        /// With `--diff`: one line for each difference.
        let difference: [String]?
        /// With `--against`: the same for groups and graph.
        let against: [String]?
    }

    func validate() throws {
        guard layer == nil || svg != nil else { throw ValidationError("--layer needs --svg") }
    }

    func run() throws {
        try common.apply()
        try OutputFiles.check([("--out", out), ("--svg", svg), ("--html", html)], inputs: [config])
        if let out { try OutputFiles.requireSafetensors(out, option: "--out") }
        try OutputFiles.requireFolder(of: svg, option: "--svg")
        try OutputFiles.requireFolder(of: html, option: "--html")
        try OutputFiles.requireText(html, option: "--html", suffixes: OutputFiles.pages)
        try OutputFiles.requireText(svg, option: "--svg", suffixes: [".svg"])
        let model = try common.model(config)
        let derivedGraph = derived || diff ? try DerivedGraph.graph(of: model, DerivedSymmetries(model)) : nil
        let graph = try derived ? derivedGraph! : model.neuralGraph()
        let partition = EquitablePartition(graph)
        let encoding = try LaplacianPositionalEncoding(graph)
        let summary = Summary(
            plugin: model.architecture.plugin, nodes: graph.nodeCount, edges: graph.edgeCount,
            parameters: graph.parameters.count,
            slots: graph.slotCount, edgesByType: edgesByType(graph), cells: partition.sizes.count,
            lpeColumns: encoding.usedColumns,
            isDerived: derived || model.isDerived,
            difference: try diff ? GraphDifference(derivedGraph!, model.constructedGraph()).lines : nil,
            against: try against.map { try differences(of: model, graph, from: $0) })
        if let out { try GraphFile.write(graph, encoding, to: out) }
        if let svg { try AtomicFile.write(BlockMatrix(graph, part(of: graph)).svg(isStandalone: true), to: svg) }
        if let html {
            try AtomicFile.write(GraphPage(graph: graph, model: model, isDerived: summary.isDerived).html, to: html)
        }
        try common.json ? Output.json(summary) : show(summary)
    }

    private func differences(of model: Model, _ graph: NeuralGraph, from config: String) throws -> [String] {
        let other = try common.model(config)
        let claims = try other.isDerived ? DerivedSymmetries(other).symmetries : other.description.claims
        let groups = try SymmetryComparison(claims: claims, derived: DerivedSymmetries(model))
        return try groups.lines(claimed: "there", derived: "here") + GraphDifference(graph, other.neuralGraph()).lines
    }

    /// What --layer names, or all.
    private func part(of graph: NeuralGraph) throws -> GraphPart {
        guard let layer else { return GraphPart(graph) }
        let parts = GraphPart.layers(of: graph)
        if let part = parts.first(where: { $0.title == layer }) { return part }
        guard parts.count > 1 else {
            throw InputError("--layer: expected none, as this graph is drawn as a whole, found \"\(layer)\"")
        }
        let names = parts.map(\.title)
        throw InputError(
            "--layer: expected one of \(names.joined(separator: ", ")), found \"\(layer)\""
                + Suggestion.question(about: layer, among: names))
    }

    private func edgesByType(_ graph: NeuralGraph) -> [String: Int] {
        var counts = ["\(EdgeType.selfLoop)": graph.nodeCount]
        for block in graph.edgeBlocks { counts["\(block.type)", default: 0] += graph.edgeCount(of: block) }
        return counts
    }

    private func show(_ summary: Summary) {
        Output.line("plugin      \(summary.plugin)")
        Output.line("parameters  \(summary.parameters)")
        Output.line("nodes       \(summary.nodes)")
        Output.line("edges       \(summary.edges)")
        for (type, count) in summary.edgesByType.sorted(by: { $0.key < $1.key }) {
            Output.line("    \(type.padding(toLength: 14, withPad: " ", startingAt: 0)) \(count)")
        }
        Output.line("slots       \(summary.slots)")
        if summary.isDerived { Output.line("derived     from the forward pass") }
        for (index, line) in (summary.difference ?? []).enumerated() {
            Output.line("\(index == 0 ? "difference  " : "            ")\(line)")
        }
        for (index, line) in (summary.against ?? []).enumerated() {
            Output.line("\(index == 0 ? "against     " : "            ")\(line)")
        }
        Output.line(
            "encoding    \(summary.lpeColumns) of \(LaplacianPositionalEncoding.width) columns, \(summary.cells) "
                + "cells of equivalent nodes"
        )
    }
}

extension LaplacianPositionalEncoding {
    /// Columns that are not all zero.
    fileprivate var usedColumns: Int {
        (0..<Self.width).count { column in
            stride(from: column, to: values.count, by: Self.width).contains { values[$0] != 0 }
        }
    }
}
