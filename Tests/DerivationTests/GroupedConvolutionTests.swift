import NeuralGraphs
import Tensors
import Testing
import Derivation

/// What has symmetries, but no place in a graph.
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
                == "no neural graph can be derived: it has a convolution in groups, whose channels are joined group "
                + "by group"
        )
        let (plain, plainShapes) = try self.program(groups: 1)
        let symmetries = DerivedSymmetries([plain], tensors: plainShapes).symmetries
        #expect(try DerivedGraph.graph(of: plain, ParameterList(plainShapes), symmetries).edgeBlocks.count == 3)
    }
}
