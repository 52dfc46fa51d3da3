import NeuralGraphs
import Tensors

/// A graph as meta-training walks it: streams of edges seen from their targets, each with the addresses of its scalars.
///
/// Made once a model; samples of all its trajectories share it.
public final class TrainingGraph: Sendable {
    /// One edge block, or the self loops of a node block.
    struct Stream: Sendable {
        let type: Int
        let sources: Range<Int>
        let targets: Range<Int>
        /// Every target hears every source; else target j hears source j div `fanWidth` alone.
        let isDense: Bool
        let fanWidth: Int
        /// In slot 0 of all states; nil for parameters.
        let constant: Float?
        let parameter: Int
        let slots: Int
        /// First scalar of an edge in the flat parameter vector: sum of its target's and its source's number. The
        /// latter is empty for a fan.
        let targetAddresses: [Int32]
        let sourceAddresses: [Int32]

        var fanIn: Int { isDense ? sources.count : 1 }
        var channels: Int { slots * StateHistory.contextLength }
    }

    public let parameters: ParameterList
    public let nodeCount: Int
    let streams: [Stream]
    /// Incoming edges of each node.
    let fanIns: [Float]
    let slotCount: Int
    let largestType: Int
    /// For parameters with scalars on several edges, by parameter: on how many each one lies.
    let copies: [Int: [Float]]
    /// The type of every scalar, for WNN+ and for reports.
    public let types: ScalarTypes
    /// Shape [nodes, 8].
    let encoding: [Float]
    /// `pos_w`.
    let words: [Int]

    /// - Throws: `eigenvectors`.
    public init(_ graph: NeuralGraph) throws(NeuralGraphError) {
        precondition(
            graph.parameters.count <= Int(Int32.max),
            "meta-training is for small networks, not for \(graph.parameters.count) parameters")
        parameters = graph.parameters
        nodeCount = graph.nodeCount
        let streams =
            graph.edgeBlocks.map { Stream($0, in: graph) } + graph.nodeBlocks.map { Stream(selfLoopsOf: $0.nodes) }
        var fanIns = [Float](repeating: 0, count: nodeCount)
        for stream in streams {
            for target in stream.targets { fanIns[target] += Float(stream.fanIn) }
        }
        (self.streams, self.fanIns) = (streams, fanIns)
        slotCount = graph.slotCount
        largestType = streams.map(\.type).max() ?? 0
        copies = Self.copies(streams, graph.parameters)
        types = ScalarTypes(graph)
        encoding = try LaplacianPositionalEncoding(graph).values
        words = graph.tokenWords
    }

    private static func copies(_ streams: [Stream], _ parameters: ParameterList) -> [Int: [Float]] {
        var counts = parameters.entries.map { [Float](repeating: 0, count: $0.count) }
        for stream in streams where stream.constant == nil {
            let first = parameters.entries[stream.parameter].offset
            for target in stream.targetAddresses {
                for source in stream.sourceAddresses.isEmpty ? [0] : stream.sourceAddresses {
                    for slot in 0..<stream.slots { counts[stream.parameter][Int(target + source) + slot - first] += 1 }
                }
            }
        }
        return Dictionary(
            uniqueKeysWithValues: counts.enumerated().filter { $0.element.contains { $0 != 1 } }.map {
                ($0.offset, $0.element)
            })
    }

    /// Number of edges, self loops included.
    var edgeCount: Int { streams.reduce(0) { $0 + $1.targets.count * $1.fanIn } }
}

extension TrainingGraph.Stream {
    fileprivate init(_ block: EdgeBlock, in graph: NeuralGraph) {
        let (source, target) = block.reversed ? (block.to, block.from) : (block.from, block.to)
        (sources, targets) = (graph.nodeBlocks[source].nodes, graph.nodeBlocks[target].nodes)
        isDense = block.topology == .allPairs
        fanWidth = isDense ? 1 : targets.count / sources.count
        type = block.type.rawValue
        switch block.values {
        case .constant(let value):
            (constant, parameter, slots, targetAddresses, sourceAddresses) = (value, -1, 1, [], [])
        case .parameter(let rule):
            let (targetLevels, sourceLevels) = block.reversed ? (rule.from, rule.to) : (rule.to, rule.from)
            let first = graph.parameters.entries[rule.parameter].offset + rule.offset
            (constant, parameter, slots) = (nil, rule.parameter, rule.slots)
            targetAddresses = AddressRule.addresses(of: targetLevels).map { Int32(first + $0) }
            sourceAddresses = isDense ? AddressRule.addresses(of: sourceLevels).map(Int32.init) : []
        }
    }

    fileprivate init(selfLoopsOf nodes: Range<Int>) {
        (sources, targets, isDense, fanWidth) = (nodes, nodes, false, 1)
        (type, constant, parameter, slots) = (EdgeType.selfLoop.rawValue, NeuralGraph.selfLoopValue, -1, 1)
        (targetAddresses, sourceAddresses) = ([], [])
    }
}

/// Some edges of a stream, target slow, source fast.
struct TrainingTile {
    let stream: TrainingGraph.Stream
    /// Relative to the stream's.
    let targets: Range<Int>
    /// Relative to the stream's; one for a fan.
    let sources: Range<Int>

    var edges: Int { targets.count * sources.count }
    var firstTarget: Int { stream.targets.lowerBound + targets.lowerBound }

    /// Edges of a tile: their rows of 64 numbers and what the backward pass keeps beside them stay in the second-level
    /// cache.
    static let largest = 256

    /// Source node of every edge, and first scalar of every edge (of parameters).
    func write(sources nodes: UnsafeMutablePointer<Int32>, addresses: UnsafeMutablePointer<Int32>) {
        var edge = 0
        for target in targets {
            for source in sources {
                let node = stream.isDense ? source : target / stream.fanWidth
                nodes[edge] = Int32(truncatingIfNeeded: stream.sources.lowerBound + node)
                if stream.constant == nil {
                    addresses[edge] =
                        stream.targetAddresses[target] + (stream.isDense ? stream.sourceAddresses[source] : 0)
                }
                edge += 1
            }
        }
    }
}

extension TrainingGraph {
    /// Every edge once, in an order that depends on the graph alone.
    func forEachTile(where isWanted: (Stream) -> Bool = { _ in true }, _ body: (TrainingTile) -> Void) {
        for stream in streams where isWanted(stream) {
            let fan = stream.isDense ? stream.sources.count : 1
            let sourceStep = min(fan, 64)
            let targetStep = max(1, TrainingTile.largest / sourceStep)
            for target in stride(from: 0, to: stream.targets.count, by: targetStep) {
                for source in stride(from: 0, to: fan, by: sourceStep) {
                    body(
                        TrainingTile(
                            stream: stream, targets: target..<min(target + targetStep, stream.targets.count),
                            sources: source..<min(source + sourceStep, fan)))
                }
            }
        }
    }
}
