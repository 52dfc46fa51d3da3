import NeuralGraphs
import Tensors
import Testing
import Derivation

/// Channels that are halved, of which one half goes through a layer, and shuffled, block after block (ShuffleNet V2):
/// in the end each stands alone, at distances that mean nothing.
@Suite struct ShuffledChannelsTests {
    private func program(channels: Int, blocks: Int) throws -> (Program, [(name: String, shape: [Int])]) {
        var program = Program()
        let half = channels / 2
        let shapes: [(name: String, shape: [Int])] =
            [("stem", [channels, 5])]
            + (0..<blocks).flatMap { [("block \($0) up", [7, half]), ("block \($0) down", [half, 7])] }
            + [("head", [4, channels])]
        let weights = try shapes.map { try program.parameter($0.name, $0.shape) }
        var x = try program.apply("linear", [program.input("x", .float32, [3, 5]), weights[0]])
        for block in 0..<blocks {
            let halves = try [0, half].map {
                try program.apply(
                    "slice", [x], ["axis": .integer(1), "start": .integer($0), "end": .integer($0 + half)])
            }
            let hidden = try program.apply("tanh", [program.apply("linear", [halves[1], weights[1 + 2 * block]])])
            let right = try program.apply("linear", [hidden, weights[2 + 2 * block]])
            x = try program.apply("concat", [halves[0], right], ["axis": .integer(1)])
            x = try program.apply("reshape", [x], ["shape": .integers([3, 2, half])])
            x = try program.apply("transpose", [x], ["axes": .integers([0, 2, 1])])
            x = try program.apply("reshape", [x], ["shape": .integers([3, channels])])
        }
        try program.output("logits", program.apply("linear", [x, weights[weights.count - 1]]))
        return (program, shapes)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [2, 4, 7])
    func hiddenUnitsOfEveryBlockPermute(blocks: Int) throws {
        let (program, shapes) = try program(channels: 12, blocks: blocks)
        let derived = DerivedSymmetries([program], tensors: shapes).symmetries
        for block in 0..<blocks {
            let axis = try #require(derived.axes["block \(block) up"]?[0])
            guard case .group(let group) = axis.segments[0][0] else { return #expect(Bool(false), "\(axis)") }
            #expect(axis.segments.count == 1 && derived.groups[group].size == 7)
        }
        let graph = try DerivedGraph.graph(of: program, ParameterList(checking: shapes), derived)
        #expect(
            graph.edgeBlocks.reduce(0) { $0 + ($1.type == .linear ? graph.edgeCount(of: $1) : 0) }
                == shapes.reduce(0) { $0 + $1.shape[0] * $1.shape[1] })
    }
}
