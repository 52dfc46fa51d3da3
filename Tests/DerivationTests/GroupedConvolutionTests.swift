import NeuralGraphs
import Tensors
import Testing
import Derivation

/// Convolutions in groups: each channel by itself has a graph, wider groups have symmetries alone.
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

    @Test func theirGraphIsRefused() throws {
        let (program, shapes) = try program(groups: 3)
        let derived = DerivedSymmetries([program], tensors: shapes).symmetries
        let error = #expect(throws: DerivationError.self) {
            try DerivedGraph.graph(of: program, ParameterList(shapes), derived)
        }
        #expect(
            error?.message
                == "no neural graph can be derived: conv2d of second: a convolution in groups of 2 channels has no "
                + "place in a graph; write it as one convolution a group"
        )
        let (plain, plainShapes) = try self.program(groups: 1)
        let symmetries = DerivedSymmetries([plain], tensors: plainShapes).symmetries
        #expect(try DerivedGraph.graph(of: plain, ParameterList(plainShapes), symmetries).edgeBlocks.count == 3)
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
