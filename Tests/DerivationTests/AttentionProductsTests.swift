import Derivation
import NeuralGraphs
import Tensors
import Testing

/// Attention as products, in the layouts of the usual code, has the symmetries and edges of the attention operation.
@Suite struct AttentionProductsTests {
    enum Layout: CaseIterable {
        /// Queries, keys and values by layers of their own.
        case apart
        /// One layer; all queries, all keys, all values.
        case fused
        /// One layer; (3, heads, width).
        case fusedByPart
        /// One layer; every head has its queries, keys and values side by side.
        case fusedByHead
    }

    private static let (width, heads, size, text) = (12, 3, 4, 5)

    /// - Parameter asProducts: false for the attention operation.
    private func model(_ layout: Layout, asProducts: Bool) throws -> (Program, [(name: String, shape: [Int])]) {
        var program = Program()
        var tensors: [(name: String, shape: [Int])] = [("tokens.weight", [7, Self.width])]
        let names = layout == .apart ? ["q", "k", "v"] : ["qkv"]
        for name in names {
            let rows = layout == .apart ? Self.width : 3 * Self.width
            tensors += [("\(name).weight", [rows, Self.width]), ("\(name).bias", [rows])]
        }
        tensors += [("out.weight", [Self.width, Self.width]), ("head.weight", [7, Self.width])]
        var weights: [String: ValueID] = [:]
        for (name, shape) in tensors { weights[name] = try program.parameter(name, shape) }
        let x = try program.apply(
            "embedding", [program.input("input_ids", .int64, [2, Self.text]), weights["tokens.weight"]!])
        let parts = try parts(layout, x, weights, &program)
        let merged: ValueID
        if asProducts {
            let queries = try program.apply("scale", [parts[0]], ["factor": .real(0.5)])
            let scores = try program.apply("matmul", [queries, parts[1]], ["transposeB": .integer(1)])
            let weighted = try program.apply("matmul", [program.apply("softmax", [scores]), parts[2]])
            merged = try flat(weighted, &program)
        } else {
            let inputs = try parts.map { try flat($0, &program) }
            merged = try program.apply(
                "attention", inputs, ["heads": .integer(Self.heads), "kvHeads": .integer(Self.heads)])
        }
        let branch = try program.apply("linear", [merged, weights["out.weight"]!])
        let stream = try program.apply("add", [x, branch])
        try program.output("logits", program.apply("linear", [stream, weights["head.weight"]!]))
        return (program, tensors)
    }

    /// Queries, keys and values, each [batch, heads, text, size].
    private func parts(_ layout: Layout, _ x: ValueID, _ weights: [String: ValueID], _ program: inout Program) throws
        -> [ValueID]
    {
        func layer(_ name: String) throws -> ValueID {
            try program.apply("linear", [x, weights["\(name).weight"]!, weights["\(name).bias"]!])
        }
        func heads(_ value: ValueID) throws -> ValueID {
            let parted = try program.apply(
                "reshape", [value], ["shape": .integers([2, Self.text, Self.heads, Self.size])])
            return try program.apply("transpose", [parted], ["axes": .integers([0, 2, 1, 3])])
        }
        func slice(_ value: ValueID, _ axis: Int, _ part: Int, _ count: Int) throws -> ValueID {
            try program.apply(
                "slice", [value],
                ["axis": .integer(axis), "start": .integer(part * count), "end": .integer((part + 1) * count)])
        }
        switch layout {
        case .apart: return try ["q", "k", "v"].map { try heads(layer($0)) }
        case .fused:
            let all = try layer("qkv")
            return try (0..<3).map { try heads(slice(all, 2, $0, Self.width)) }
        case .fusedByPart:
            let parted = try program.apply(
                "reshape", [layer("qkv")], ["shape": .integers([2, Self.text, 3, Self.heads, Self.size])])
            let turned = try program.apply("transpose", [parted], ["axes": .integers([2, 0, 3, 1, 4])])
            return try (0..<3).map {
                try program.apply(
                    "reshape", [slice(turned, 0, $0, 1)],
                    ["shape": .integers([2, Self.heads, Self.text, Self.size])])
            }
        case .fusedByHead:
            let parted = try program.apply(
                "reshape", [layer("qkv")], ["shape": .integers([2, Self.text, Self.heads, 3 * Self.size])])
            let turned = try program.apply("transpose", [parted], ["axes": .integers([0, 2, 1, 3])])
            return try (0..<3).map { try slice(turned, 3, $0, Self.size) }
        }
    }

    private func flat(_ value: ValueID, _ program: inout Program) throws -> ValueID {
        let turned = try program.apply("transpose", [value], ["axes": .integers([0, 2, 1, 3])])
        return try program.apply("reshape", [turned], ["shape": .integers([2, Self.text, Self.width])])
    }

    private func graph(_ layout: Layout, asProducts: Bool) throws -> (symmetries: Symmetries, graph: NeuralGraph) {
        let (program, tensors) = try model(layout, asProducts: asProducts)
        let symmetries = DerivedSymmetries([program.slicingFirst()], tensors: tensors).symmetries
        return (
            symmetries,
            try DerivedGraph.graph(of: program.slicingFirst(), ParameterList(checking: tensors), symmetries)
        )
    }

    /// Residual stream, heads, query and key units, value units.
    @Test(arguments: Layout.allCases) func groupsAreThoseOfAttention(layout: Layout) throws {
        for asProducts in [true, false] {
            let groups = try graph(layout, asProducts: asProducts).symmetries.groups
            #expect(groups.map(\.size).sorted() == [3, 4, 4, 12], "as products: \(asProducts)")
            let dependent = groups.filter { !$0.dependsOn.isEmpty }
            #expect(dependent.map(\.size) == [4, 4])
        }
    }

    @Test(arguments: Layout.allCases) func edgesAreThoseOfTheOperation(layout: Layout) throws {
        let (products, operation) = (try graph(layout, asProducts: true), try graph(layout, asProducts: false))
        #expect(GraphDifference(products.graph, operation.graph).lines.count == 1)
        #expect(products.symmetries == operation.symmetries)
        for type in [EdgeType.query, .key, .value] {
            #expect(products.graph.edgeBlocks.count { $0.type == type } == 1, "\(type)")
        }
        #expect(products.graph.edgeBlocks.count { $0.type == .head } == 2)
    }

    /// Without a softmax between them, two products are no attention.
    @Test func productsAloneAreNoAttention() throws {
        let (program, tensors) = try model(.apart, asProducts: true)
        let altered = try program.altered { operation, inputs, _ in operation.name == "softmax" ? inputs[0] : nil }
        let symmetries = DerivedSymmetries([altered], tensors: tensors).symmetries
        let graph = try DerivedGraph.graph(of: altered, ParameterList(checking: tensors), symmetries)
        #expect(graph.edgeBlocks.allSatisfy { ![.query, .key, .value, .head].contains($0.type) })
    }
}
