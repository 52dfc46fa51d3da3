import NeuralGraphs
import Tensors
import Testing
import Derivation

/// Convolutions in groups: each channel by itself is a fan, wider groups are joined each with itself.
@Suite struct GroupedConvolutionTests {
    private func program(groups: Int) throws -> (program: Program, shapes: [(name: String, shape: [Int])]) {
        var program = Program()
        let shapes = [("first", [6, 1, 3, 3]), ("second", [9, 6 / groups, 1, 1]), ("head", [4, 9])]
        let weights = try shapes.map { try program.parameter($0.0, $0.1) }
        var x = try program.apply("conv2d", [program.input("pixels", .float32, [2, 1, 8, 8]), weights[0]])
        x = try program.apply("conv2d", [x, weights[1]], ["groups": .integer(groups)])
        try program.output("logits", program.apply("linear", [program.apply("globalAveragePool", [x]), weights[2]]))
        return (program, shapes.map { (name: $0.0, shape: $0.1) })
    }

    @Test func groupsPermuteWithTheirChannels() throws {
        let (program, shapes) = try program(groups: 3)
        let derived = DerivedSymmetries([program], tensors: shapes)
        // Groups, inputs of a group (alike in all, since they lie on another axis of the weight), outputs of each
        // group.
        #expect(derived.symmetries.groups.map(\.size) == [3, 2, 3])
        #expect(derived.symmetries.groups.map(\.dependsOn) == [[], [], [0]])
    }

    @Test func everyGroupIsJoinedWithItself() throws {
        let (program, shapes) = try program(groups: 3)
        let derived = DerivedSymmetries([program], tensors: shapes).symmetries
        let graph = try DerivedGraph.graph(of: program, ParameterList(shapes), derived)
        let blocks = graph.edgeBlocks.filter { $0.name == "second" }
        #expect(blocks.count == 1 && blocks[0].topology == .groups(3) && blocks[0].type == .convolution)
        #expect(graph.nodeBlocks[blocks[0].from].axis == Axis(.group(0), .group(1)))
        #expect(graph.nodeBlocks[blocks[0].to].axis == Axis(.group(0), .group(2)))
        // Channel o of 9 reads channels 2 (o div 3) and the next, with the scalars of its own row.
        let (read, written) = (graph.nodeBlocks[blocks[0].from].first, graph.nodeBlocks[blocks[0].to].first)
        let offset = graph.parameters["second"]!.offset
        var edges: Set<[Int]> = []
        graph.forEachEdge { edge in
            if (offset..<(offset + 18)).contains(edge.parameterScalar) {
                edges.insert([edge.source - read, edge.target - written, edge.parameterScalar - offset])
            }
        }
        #expect(edges == Set((0..<18).map { [$0 / 6 * 2 + $0 % 2, $0 / 2, $0] }))
    }

    /// The weight of a transposed convolution has its groups on the side of what it reads.
    @Test func transposedGroupsAreJoinedWithThemselves() throws {
        var program = Program()
        let shapes: [(name: String, shape: [Int])] = [
            ("first", [6, 1, 3, 3]), ("second", [6, 3, 2, 2]), ("head", [4, 9]),
        ]
        let weights = try shapes.map { try program.parameter($0.name, $0.shape) }
        var x = try program.apply("conv2d", [program.input("pixels", .float32, [2, 1, 8, 8]), weights[0]])
        x = try program.apply("convTranspose2d", [x, weights[1]], ["groups": .integer(3)])
        try program.output("logits", program.apply("linear", [program.apply("globalAveragePool", [x]), weights[2]]))
        let derived = DerivedSymmetries([program], tensors: shapes).symmetries
        let graph = try DerivedGraph.graph(of: program, ParameterList(checking: shapes), derived)
        let block = try #require(graph.edgeBlocks.first { $0.name == "second" })
        #expect(block.topology == .groups(3) && graph.partners(of: block) == 2 && graph.edgeCount(of: block) == 18)
        guard case .parameter(let rule) = block.values else { return }
        #expect(rule.slots == 4)
        #expect(AddressRule.addresses(of: rule.from) == [0, 12])
        #expect(AddressRule.addresses(of: rule.to) == [0, 4, 8, 24, 28, 32, 48, 52, 56])
    }

    /// Two halves of what a convolution writes go different ways: its groups are cut, and so is what it reads.
    @Test func groupsThatAreCutLaterAreCutAtBothEnds() throws {
        var program = Program()
        let shapes: [(name: String, shape: [Int])] = [
            ("first", [8, 1, 3, 3]), ("second", [8, 2, 1, 1]), ("left", [3, 4]), ("right", [5, 4]),
        ]
        let weights = try shapes.map { try program.parameter($0.name, $0.shape) }
        var x = try program.apply("conv2d", [program.input("pixels", .float32, [2, 1, 8, 8]), weights[0]])
        x = try program.apply("conv2d", [x, weights[1]], ["groups": .integer(4)])
        x = try program.apply("globalAveragePool", [x])
        let halves = try [0, 4].map {
            try program.apply("slice", [x], ["axis": .integer(1), "start": .integer($0), "end": .integer($0 + 4)])
        }
        let outputs = try zip(halves, weights[2...]).map { try program.apply("linear", [$0, $1]) }
        try program.output("logits", program.apply("concat", outputs, ["axis": .integer(1)]))
        let derived = DerivedSymmetries([program], tensors: shapes).symmetries
        let graph = try DerivedGraph.graph(of: program, ParameterList(checking: shapes), derived)
        let blocks = graph.edgeBlocks.filter { $0.name == "second" }
        #expect(blocks.map(\.topology) == [.groups(2), .groups(2)])
        #expect(Set(blocks.map(\.from)).count == 2 && Set(blocks.map(\.to)).count == 2)
    }

    /// A kernel for each channel: a fan from each channel read to those made of it.
    @Test func channelsByThemselvesHaveAGraph() throws {
        var program = Program()
        let shapes: [(name: String, shape: [Int])] = [
            ("first.weight", [6, 1, 3, 3]), ("depthwise.weight", [12, 1, 3, 3]), ("depthwise.bias", [12]),
            ("head.weight", [4, 12]),
        ]
        let weights = try shapes.map { try program.parameter($0.name, $0.shape) }
        var x = try program.apply("conv2d", [program.input("pixels", .float32, [2, 1, 8, 8]), weights[0]])
        x = try program.apply("conv2d", [x, weights[1], weights[2]], ["groups": .integer(6)])
        try program.output("logits", program.apply("linear", [program.apply("globalAveragePool", [x]), weights[3]]))
        let symmetries = DerivedSymmetries([program], tensors: shapes).symmetries
        #expect(symmetries.groups.map(\.size) == [6, 2])
        let graph = try DerivedGraph.graph(of: program, ParameterList(checking: shapes), symmetries)
        let fan = graph.edgeBlocks.filter { $0.name == "depthwise.weight" }
        #expect(fan.count == 1 && fan[0].topology == .fan && fan[0].type == .convolution)
        #expect(graph.nodeBlocks[fan[0].from].count == 6 && graph.nodeBlocks[fan[0].to].count == 12)
        #expect(graph.nodeBlocks[fan[0].to].axis == Axis(.group(0), .group(1)))
    }
}
