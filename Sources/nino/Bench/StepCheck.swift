import Derivation
import Checkpoints
import Foundation
import NeuralGraphs
import Nowcasting
import Tensors

/// Recomputes random nodes and scalars of a step's result edge by edge in double precision.
///
/// The nodes' states come from a second run of the message passing; each sampled state is recomputed from all edges
/// into its node, and each sampled scalar from its edges, so an error anywhere in the sampled parts shows.
struct StepCheck {
    /// Largest error allowed, relative to the sampled numbers' length.
    static let tolerance = 1e-4
    private static let nodesPerLayer = 6
    private static let scalarsPerParameter = 2

    private let bench: StepBench

    init(_ bench: StepBench) {
        self.bench = bench
    }

    /// - Parameter result: the file to check.
    /// - Throws: `Failure.answerIsNo` if something differs.
    func run(_ result: String) throws {
        let checkpoint = try Checkpoint(opening: bench.history.checkpoint)
        let network = try NowcastNetwork(checkpoint)
        let graph = try bench.model.neuralGraph()
        let names = graph.parameters.entries.map(\.name)
        let source = FileHistory(try History(opening: bench.history.files), names: names, parameters: graph.parameters)
        let nodes = try StreamedNetwork(network).nodeStates(source, graph: GraphInput(graph))
        let oracle = try SampledReference(
            DoublePrecisionReference(NamedWeight.all(in: checkpoint)), horizons: network.shape.horizons,
            updateScale: network.updateScale, graph: graph, source: source, nodes: nodes)
        var random = SeededRandom(seed: bench.common.seed, purpose: .sampling)

        var states = Deviation()
        for layer in 0..<(nodes.count - 1) {
            for _ in 0..<Self.nodesPerLayer {
                // A random block first: most nodes are in few blocks.
                let block = graph.nodeBlocks[random.integer(below: graph.nodeBlocks.count)]
                let node = block.first + random.integer(below: block.count)
                for (h, expected) in try oracle.state(of: node, after: layer).enumerated() {
                    states.add(
                        found: Double(nodes[layer + 1].values[node * network.shape.width + h]), expected: expected,
                        origin: 0)
                }
            }
        }
        var scalars = Deviation()
        let file = try Checkpoint(opening: result)
        for (index, entry) in graph.parameters.entries.enumerated() {
            for _ in 0..<Self.scalarsPerParameter {
                let scalar = random.integer(below: entry.count)
                var found: [Float] = [0]
                try found.withUnsafeMutableBufferPointer { try file.read(entry.name, scalar..<(scalar + 1), into: $0) }
                // What the file's type cannot hold is no error of the step.
                let expected = try rounded(
                    oracle.nowcast(scalar, of: index, horizon: StepBench.horizon), to: file[entry.name]!.dtype,
                    like: found[0])
                try scalars.add(found: Double(found[0]), expected: expected, origin: oracle.newest(scalar, of: index))
            }
        }
        try show("nodes", states)
        try show("scalars", scalars)
    }

    private func show(_ what: String, _ deviation: Deviation) throws {
        try bench.figures.show(
            "\(bench.config): \(deviation.count) sampled numbers of \(what), error", deviation.relative * 1e6,
            "millionths")
        guard deviation.relative <= Self.tolerance else {
            Output.note(
                "\(bench.config): \(what): expected a relative error of at most \(Self.tolerance), found "
                    + "\(deviation.relative)"
            )
            throw Failure.answerIsNo
        }
    }

    /// The expected number rounded as the file has it, if that is what it was rounded to or a neighbour within half a
    /// unit.
    private func rounded(_ value: Double, to dtype: DType, like found: Float) -> Double {
        guard dtype == .bf16 else { return value }
        let unit = Double(found.ulp) * 65536
        return abs(Double(found) - value) <= unit * 0.5001 ? Double(found) : value
    }
}

/// Error and length of many numbers.
private struct Deviation {
    private(set) var count = 0
    private var error = 0.0
    private var length = 0.0

    mutating func add(found: Double, expected: Double, origin: Double) {
        count += 1
        error += (found - expected) * (found - expected)
        length += (expected - origin) * (expected - origin)
    }

    var relative: Double { (error / length).squareRoot() }
}
