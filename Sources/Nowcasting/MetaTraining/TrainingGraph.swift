import NeuralGraphs
import Tensors

/// A graph as meta-training walks it: its streams of edges, each with the addresses of its scalars.
///
/// Made once a model; samples of all its trajectories share it.
public final class TrainingGraph: Sendable {
    /// A stream with its addresses written out.
    struct Stream: Sendable {
        let edges: EdgeStream
        /// In slot 0 of all states; nil for parameters.
        let constant: Float?
        let parameter: Int
        let slots: Int
        /// First scalar of an edge in the flat parameter vector: sum of its target's and its place's number.
        let targetAddresses: [Int32]
        let placeAddresses: [Int32]

        var channels: Int { slots * StateHistory.contextLength }
    }

    public let parameters: ParameterList
    public let nodeCount: Int
    let streams: [Stream]
    /// Incoming edges of each node.
    let fanIns: [Float]
    let slotCount: Int
    let largestType: Int
    /// Number of edges, self loops included.
    let edgeCount: Int
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
        let input = try GraphInput(graph)
        (parameters, nodeCount, edgeCount) = (input.parameters, input.nodeCount, input.edgeCount)
        (slotCount, largestType, types) = (input.slotCount, input.largestType, input.types)
        (encoding, words) = (input.nodes.encoding, input.nodes.words)
        streams = input.plan.streams.map { [parameters] in Stream($0, parameters) }
        var fanIns = [Float](repeating: 0, count: nodeCount)
        for stream in streams {
            for target in stream.edges.targets { fanIns[target] += Float(stream.edges.fanIn) }
        }
        self.fanIns = fanIns
        copies = Self.copies(streams, parameters)
    }

    private static func copies(_ streams: [Stream], _ parameters: ParameterList) -> [Int: [Float]] {
        var counts = parameters.entries.map { [Float](repeating: 0, count: $0.count) }
        for stream in streams where stream.constant == nil {
            let first = parameters.entries[stream.parameter].offset
            for target in stream.targetAddresses {
                for place in stream.placeAddresses {
                    for slot in 0..<stream.slots { counts[stream.parameter][Int(target + place) + slot - first] += 1 }
                }
            }
        }
        return Dictionary(
            uniqueKeysWithValues: counts.enumerated().filter { $0.element.contains { $0 != 1 } }.map {
                ($0.offset, $0.element)
            })
    }

    /// Every edge once, in an order that depends on the graph alone.
    func forEachTile(where isWanted: (Stream) -> Bool = { _ in true }, _ body: (TrainingTile) -> Void) {
        for stream in streams where isWanted(stream) {
            EdgeStream.forEachTile(targets: stream.edges.targets, places: 0..<stream.edges.fanIn) { targets, places in
                body(TrainingTile(stream: stream, targets: targets, places: places))
            }
        }
    }
}

extension TrainingGraph.Stream {
    fileprivate init(_ stream: EdgeStream, _ parameters: ParameterList) {
        edges = stream
        guard case .parameter(let scalars) = stream.values else {
            (constant, parameter, slots, targetAddresses, placeAddresses) = (stream.constant, -1, 1, [], [])
            return
        }
        guard case .separable(let offset, let targets, let sources) = scalars.addresses else {
            preconditionFailure("a graph in blocks has separable addresses")
        }
        let first = parameters.entries[scalars.parameter].offset + offset
        (constant, parameter, slots) = (nil, scalars.parameter, scalars.slots)
        targetAddresses = targets.addresses(stream.targets.count).map { Int32(first + $0) }
        placeAddresses = sources.addresses(stream.fanIn).map(Int32.init)
    }
}
