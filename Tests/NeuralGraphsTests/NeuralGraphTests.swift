import NeuralGraphs
import TestSupport
import Testing

@Suite struct NeuralGraphTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func everyKindOfBlockIsAccepted(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        var edges = 0
        graph.forEachEdge { _ in edges += 1 }
        #expect(edges == graph.edgeCount)
        #expect(graph.slotCount == 9)
    }

    /// The flatten example of neural-graphs.md 3: image 0, bias 1, channels 2–3, units 4–11, bias 12, outputs 13–15.
    private func flattenExample() throws -> NeuralGraph {
        var builder = GraphBuilder()
        let image = builder.nodes("image", 1), convBias = builder.nodes("conv bias", 1),
            channels = builder.nodes("channels", 2)
        let units = builder.nodes("units", 8), bias = builder.nodes("bias", 1), out = builder.nodes("out", 3)
        builder.edges(
            builder.parameter("conv.weight", [2, 1, 3, 3]), .convolution, image, channels, fromLevels: [(1, 9)],
            toLevels: [(2, 9)], slots: 9)
        builder.edges(
            builder.parameter("conv.bias", [2]), .bias, convBias, channels, fromLevels: [(1, 0)], toLevels: [(2, 1)])
        builder.constants("flatten", .residual, channels, units)
        builder.edges(
            builder.parameter("fc.weight", [3, 8]), .linear, units, out, fromLevels: [(8, 1)], toLevels: [(3, 8)])
        builder.edges(builder.parameter("fc.bias", [3]), .bias, bias, out, fromLevels: [(1, 0)], toLevels: [(3, 1)])
        return try builder.graph()
    }

    @Test func edgesFollowBlocksThenSelfLoops() throws {
        let edges = EdgeList(try flattenExample())
        #expect(
            edges.types == [3, 3, 2, 2] + [Int](repeating: 10, count: 8) + [Int](repeating: 1, count: 24) + [2, 2, 2]
                + [Int](repeating: 13, count: 16))
        #expect(Array(edges.sources[..<12]) == [0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
        #expect(Array(edges.targets[..<12]) == [2, 3, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        #expect(Array(edges.parameterScalars[..<12]) == [0, 9, 18, 19] + [Int](repeating: -1, count: 8))
        // Out-first: edge (i, o) holds scalar o · 8 + i, from 20 on.
        #expect(Array(edges.parameterScalars[12..<18]) == [20, 28, 36, 21, 29, 37])
        #expect(Array(edges.slots[..<3]) == [9, 9, 1])
        #expect(edges.sources.suffix(16) == edges.targets.suffix(16))
        #expect(edges.constant(of: 4) == 1)
        #expect(edges.constant(of: edges.count - 1) == 2)
    }

    @Test func reversedBlocksKeepTheirNumbering() throws {
        let (from, to) = (2, 3)
        var builder = GraphBuilder()
        let a = builder.nodes("a", from), b = builder.nodes("b", to)
        builder.edges(
            builder.parameter("key", [to, from]), .key, a, b, reversed: true, fromLevels: [(from, 1)],
            toLevels: [(to, from)])
        let edges = EdgeList(try builder.graph())
        #expect(Array(edges.sources[..<6]) == [2, 3, 4, 2, 3, 4])
        #expect(Array(edges.targets[..<6]) == [0, 0, 0, 1, 1, 1])
        #expect(Array(edges.parameterScalars[..<6]) == [0, 2, 4, 1, 3, 5])
    }

    @Test func groupedCopiesCarryTheKeyRowsOfTheText() throws {
        // The worked example of neural-graphs.md 7: six heads in two groups, head width 2.
        let rows = AddressRule.addresses(of: [(2, 2), (3, 0), (2, 1)].map { IndexLevel(extent: $0.0, stride: $0.1) })
        #expect(rows == [0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3])
    }

    @Test func tokenWordsCountFromOneInTokenTablesAlone() throws {
        let graph = try GraphBuilder.everyKind(seed: 3).graph()
        let words = graph.nodeBlocks[0].count
        #expect(Array(graph.tokenWords[..<words]) == Array(1...words))
        #expect(graph.tokenWords[words...].allSatisfy { $0 == 0 })
    }

    @Test func edgeListsFromFilesAreChecked() throws {
        func list(
            _ sources: [Int] = [0, 1], _ targets: [Int] = [1, 1], types: [Int] = [1, 13], scalars: [Int] = [0, -1],
            slots: [Int] = [1, 1]
        ) throws(NeuralGraphError) -> EdgeList {
            try EdgeList(
                nodeCount: 2, sources: sources, targets: targets, types: types, parameterScalars: scalars, slots: slots,
                parameterCount: 3)
        }
        #expect(try list().slotCount == 1)
        #expect(throws: NeuralGraphError.edgeArrayLength(array: "edge_type", expected: 2, found: 1)) {
            try list(types: [1])
        }
        #expect(throws: NeuralGraphError.edgeNode(edge: 1, expectedBelow: 2, found: 2)) { try list([0, 2]) }
        #expect(throws: NeuralGraphError.edgeNode(edge: 0, expectedBelow: 2, found: -1)) { try list(targetsOf(-1)) }
        #expect(throws: NeuralGraphError.edgeTypeUnknown(edge: 0, expectedBelow: 15, found: 15)) {
            try list(types: [15, 13])
        }
        // Slots are memory: of a scalar up to those of a kernel of 32 x 32, of a constant one.
        for (edge, limit, found) in [(0, 1024, 0), (0, 1024, 1025), (0, 1024, Int.max), (1, 1, 2), (1, 1, Int.max)] {
            #expect(throws: NeuralGraphError.edgeSlots(edge: edge, expectedAtMost: limit, found: found)) {
                try list(slots: edge == 0 ? [found, 1] : [1, found])
            }
        }
        #expect(throws: NeuralGraphError.edgeScalar(edge: 0, expectedBelow: 3, found: 2)) {
            try list(scalars: [2, -1], slots: [2, 1])
        }
        #expect(throws: NeuralGraphError.edgeScalar(edge: 0, expectedBelow: 3, found: 0)) { try list(slots: [4, 1]) }
        #expect(throws: NeuralGraphError.edgeScalar(edge: 0, expectedBelow: 3, found: -2)) {
            try list(scalars: [-2, -1])
        }
    }

    private func targetsOf(_ node: Int) -> [Int] { [node, 1] }
}
