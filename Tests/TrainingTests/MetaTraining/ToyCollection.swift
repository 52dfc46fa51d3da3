import JSONText
import NeuralGraphs
import Nowcasting
import PluginHost
import TestSupport
import Training

/// Collections of the toy language model.
enum ToyCollection {
    static let plan = CollectionPlan(families: [
        .init(
            name: "toy", task: "text", config: ["size": .choice([.integer(1), .integer(2), .integer(3)])],
            learningRate: 1e-2...4e-2, weightDecay: 0.01, batchSize: 8,
            steps: 96, interval: 8)
    ])

    static func collector(
        _ folder: TemporaryFolder, plan: CollectionPlan = plan, families: [String]? = nil, runs: Int = 3,
        seed: UInt64 = 1,
        text: [UInt8] = toyText(), ranks: any Communicator = SingleProcess(),
        onEvent: @escaping @Sendable (Collector.Event) -> Void = { _ in }
    ) throws -> Collector {
        try Collector(
            plan, families: families, runsPerFamily: runs, seed: seed, version: "test", folder: folder.path,
            data: ["text": toyText(text)],
            model: { _, _ in toyLanguageModel() }, ranks: ranks, onEvent: onEvent)
    }

    /// The toy model's graph: bytes, stream, bytes.
    static func graph(_ config: JSONValue, _ name: String) throws -> NeuralGraph {
        var builder = GraphBuilder()
        let (words, stream) = (builder.nodes("words", 256, isTokenTable: true), builder.nodes("stream", 16))
        builder.edges(
            builder.parameter("table", [256, 16]), .tokenTable, words, stream, fromLevels: [(256, 16)],
            toLevels: [(16, 1)])
        builder.linear("head", stream, builder.nodes("bytes", 256))
        return try builder.graph()
    }
}
