import NeuralGraphs
import Nowcasting
import TestSupport

/// A small graph of every kind of edge, states on it, a network, and the same loss in double precision edge by edge.
struct TrainingCase {
    let graph: NeuralGraph
    let edges: EdgeList
    let method: NetworkShape.Method
    let states: [[Float]]
    let signs: [Float]
    var weights: [String: NamedWeight]
    let layers: Int

    /// - Parameter targets: states after the five.
    init(_ method: NetworkShape.Method, seed: UInt64, layers: Int = 3, targets: Int = 4, convolution: Bool = true)
        throws
    {
        var random = SeededGenerator(seed: seed + 500)
        graph = try GraphBuilder.everyKind(seed: seed, convolution: convolution).graph()
        edges = EdgeList(graph)
        (self.method, self.layers) = (method, layers)
        signs = (0..<8).map { _ in Bool.random(using: &random) ? 1 : -1 }
        let count = graph.parameters.count
        let (start, drift) = (random.floats(count), random.floats(count))
        states = (0..<(5 + targets)).map { t in
            zip(zip(start, drift), random.floats(count)).map { $0.0 + 0.2 * Float(t) * $0.1 + 0.05 * $1 }
        }
        weights =
            method == .nino
            ? SampleNetwork.graphWeights(layers: layers, seed: seed) : SampleNetwork.scalarWeights(seed: seed)
    }

    var shape: NetworkShape {
        NetworkShape(method: method, width: 8, horizons: SampleNetwork.horizons, updates: layers - 1)
    }

    func network() -> TrainableNetwork {
        let network = TrainableNetwork(shape, seed: 1)
        for entry in network.parameters.entries {
            _ = network.weights.values[entry.range].update(fromContentsOf: weights[entry.name]!.values)
        }
        return network
    }

    func sample() throws -> TrainingSample {
        TrainingSample(try TrainingGraph(graph), states: states, horizons: SampleNetwork.horizons, signs: signs)
    }

    private func history() throws -> StateHistory {
        try StateHistory(Array(states[..<5]), parameters: graph.parameters)
    }

    /// Predicted changes in double precision: [scalars][horizons].
    func changes() throws -> [[Double]] {
        let (reference, history) = (ReferenceNetwork(weights: weights), try history())
        guard method == .nino else { return reference.changes(history, types: scalarTypes()) }
        let encoding = try LaplacianPositionalEncoding(graph).values.enumerated().map { $1 * signs[$0 % 8] }
        return reference.changes(history, edges, encoding: encoding)
    }

    private func scalarTypes() -> [Int] {
        var types = [Int](repeating: -1, count: graph.parameters.count)
        for edge in 0..<edges.count where edges.parameterScalars[edge] >= 0 {
            for scalar in edges.parameterScalars[edge]..<(edges.parameterScalars[edge] + edges.slots[edge])
            where types[scalar] < 0 { types[scalar] = edges.types[edge] }
        }
        return types
    }

    /// The loss in double precision.
    func loss(_ kind: MetaLoss) throws -> Double {
        let (history, changes) = (try history(), try changes())
        let scaled = ReferenceNetwork(weights: weights).scaled(history)
        let count = min(SampleNetwork.horizons, states.count - 5)
        var total = 0.0
        for entry in graph.parameters.entries {
            for k in 0..<count {
                let truth = entry.range.map { scaled($0, states[5 + k]) - scaled($0, states[4]) }
                let unit = kind == .value ? 1 : truth.reduce(0) { $0 + abs($1) } / Double(entry.count) + 1e-3
                for (scalar, value) in zip(entry.range, truth) { total += abs(changes[scalar][k] - value) / unit }
            }
        }
        return total / Double(count * graph.parameters.count)
    }
}
