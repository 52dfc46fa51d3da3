import NeuralGraphs
import Nowcasting
import Presentation
import Tensors

/// What a step would cost each rank, for `--plan-only`: nothing of the size of states or nodes is allocated.
struct StepForecast {
    private let graph: GraphInput
    private let shape: NetworkShape
    private let costs: [RankCost]

    /// Bytes of a stored weight.
    static let scalarBytes = 2

    init(_ graph: GraphInput, _ shape: NetworkShape, ranks: Int, threads: Int) {
        (self.graph, self.shape) = (graph, shape)
        costs = RankCost.all(
            of: graph, shape: shape, ranks: ranks, scalarBytes: Self.scalarBytes, threads: threads)
    }

    private struct Line: Encodable {
        let rank: Int
        let messageEdges: Int
        let readOutEdges: Int
        let nodeRows: Int
        let memoryBytes: Int
        let sentBytes: Int
        let readBytes: Int
        let writtenBytes: Int
        let operations: Double

        init(_ rank: Int, _ cost: RankCost) {
            self.rank = rank
            (messageEdges, readOutEdges, nodeRows) = (cost.messageEdges, cost.readOutEdges, cost.nodeRows)
            (memoryBytes, sentBytes, readBytes) = (cost.memoryBytes, cost.sentBytes, cost.readBytes)
            (writtenBytes, operations) = (cost.writtenBytes, cost.operations)
        }
    }

    func show(isJSON: Bool) throws {
        if isJSON { return try costs.enumerated().forEach { try Output.json(Line($0, $1)) } }
        Output.line(
            "\(grouped: graph.nodeCount) nodes, \(grouped: graph.edgeCount) edges, width \(shape.width), states of "
                + "\(Self.scalarBytes) bytes a weight")
        Output.line("rank   edges M   node rows   memory MB   sent MB   read GB   written GB   products TFLOP")
        for (rank, cost) in costs.enumerated() {
            let cells = [
                ("\(rank)", 4), (Self.text(cost.messageEdges, 1e6), 10), ("\(grouped: cost.nodeRows)", 12),
                (Self.text(cost.memoryBytes, 1e6), 12), (Self.text(cost.sentBytes, 1e6), 10),
                (Self.text(cost.readBytes, 1e9), 10), (Self.text(cost.writtenBytes, 1e9), 13),
                (Self.text(Int(cost.operations), 1e12), 17),
            ]
            Output.line(cells.map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }.joined())
        }
    }

    private static func text(_ count: Int, _ unit: Double) -> String {
        let tenths = Int((Double(count) / unit * 10).rounded())
        return "\(grouped: tenths / 10).\(tenths % 10)"
    }
}
