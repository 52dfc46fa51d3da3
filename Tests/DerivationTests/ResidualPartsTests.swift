import NeuralGraphs
import Tensors
import Testing
import Derivation

/// A sum whose parts go different ways: the gates of a recurrent cell that is written out.
@Suite struct ResidualPartsTests {
    /// Gates of three units each; what the input adds to them is read twice, so it is a stream, and what the state adds
    /// a branch.
    private func graph() throws -> NeuralGraph {
        var program = Program()
        let shapes: [(name: String, shape: [Int])] = [("input", [6, 5]), ("state", [6, 3]), ("head", [4, 3])]
        let weights = try shapes.map { try program.parameter($0.name, $0.shape) }
        let added = try program.apply("linear", [program.input("x", .float32, [2, 5]), weights[0]])
        func gates(_ x: ValueID) throws -> [ValueID] {
            try [0, 3].map {
                try program.apply("slice", [x], ["axis": .integer(1), "start": .integer($0), "end": .integer($0 + 3)])
            }
        }
        let first = try gates(added)
        let state = try program.apply("mul", [program.apply("tanh", [first[0]]), first[1]])
        let sum = try program.apply("add", [added, program.apply("linear", [state, weights[1]])])
        let second = try gates(sum)
        let last = try program.apply("mul", [program.apply("tanh", [second[0]]), second[1]])
        try program.output("logits", program.apply("linear", [last, weights[2]]))
        let derived = DerivedSymmetries([program], tensors: shapes).symmetries
        return try DerivedGraph.graph(of: program, ParameterList(checking: shapes), derived)
    }

    @Test func bothEndsFallIntoTheSameParts() throws {
        let graph = try graph()
        let residuals = graph.edgeBlocks.filter { $0.type == .residual }
        #expect(!residuals.isEmpty)
        for block in residuals {
            #expect(graph.nodeBlocks[block.from].count == 3 && graph.nodeBlocks[block.to].count == 3)
        }
        #expect(graph.edgeBlocks.filter { $0.name == "input" }.count == 2)
        #expect(graph.edgeBlocks.filter { $0.name == "state" }.count == 2)
    }
}
