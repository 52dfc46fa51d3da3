import NeuralGraphs

/// Edges of one type and one parameter, seen from their targets: each of `targets` hears `fanIn` sources, in places
/// 0 ..< fanIn, whichever way the graph numbers them.
struct EdgeStream: Sendable {
    enum Joining: Sendable {
        /// Place p of every target is source p.
        case dense
        /// Target j hears the sources of run j div width, each run as long as its places; of a fan, one source.
        case runs(width: Int)
        /// Anything else.
        case listed(Listing)
    }

    /// Edges one by one: [targets, fanIn].
    struct Listing: Sendable {
        let sources: [Int32]
        /// In the list they come from.
        let numbers: [Int32]
    }

    enum Values: Sendable {
        /// In slot 0 of all states.
        case constant(Float)
        case parameter(EdgeScalars)
    }

    /// Row of the network's edge-type table.
    let type: Int
    /// Index of the node block that `targets` are.
    let targetBlock: Int
    /// Nodes; of a listed stream all that there are.
    let sources: Range<Int>
    let targets: Range<Int>
    /// Edges into each target.
    let fanIn: Int
    let joining: Joining
    let values: Values
    /// Index among the graph's edge blocks; their number for self loops.
    let block: Int
    /// Whether the graph numbers the edges by their target first.
    let isReversed: Bool

    var edges: Int { targets.count * fanIn }
    var isDense: Bool { if case .dense = joining { true } else { false } }

    /// Whether neighbouring targets lie closer together in the parameter than neighbouring places.
    var targetsAreInner: Bool {
        if case .parameter(let scalars) = values { scalars.targetsAreInner } else { false }
    }

    /// Channels of input: states of all its slots; none for a constant.
    var channelCount: Int {
        if case .parameter(let scalars) = values { scalars.slots * StateHistory.contextLength } else { 0 }
    }

    /// The constant in the five channels of slot 0, or 0.
    var constant: Float {
        if case .constant(let value) = values { value } else { 0 }
    }
}

// From graphs in blocks.
extension EdgeStream {
    /// All edges of a graph, self loops last.
    static func streams(of graph: NeuralGraph) -> [EdgeStream] {
        graph.edgeBlocks.indices.map { EdgeStream($0, in: graph) }
            + graph.nodeBlocks.indices.map { EdgeStream(selfLoopsOf: $0, in: graph) }
    }

    private init(_ index: Int, in graph: NeuralGraph) {
        let block = graph.edgeBlocks[index]
        (self.block, isReversed) = (index, block.reversed)
        type = block.type.rawValue
        let sourceBlock = block.reversed ? block.to : block.from
        targetBlock = block.reversed ? block.from : block.to
        (sources, targets) = (graph.nodeBlocks[sourceBlock].nodes, graph.nodeBlocks[targetBlock].nodes)
        fanIn = block.topology == .allPairs ? sources.count : graph.partners(of: block)
        joining = block.topology == .allPairs ? .dense : .runs(width: targets.count * fanIn / sources.count)
        switch block.values {
        case .constant(let value): values = .constant(value)
        case .parameter(let rule): values = .parameter(EdgeScalars(rule, isReversed: block.reversed))
        }
    }

    /// The self loops of a node block.
    private init(selfLoopsOf block: Int, in graph: NeuralGraph) {
        (self.block, isReversed) = (graph.edgeBlocks.count, false)
        type = EdgeType.selfLoop.rawValue
        targetBlock = block
        (sources, targets) = (graph.nodeBlocks[block].nodes, graph.nodeBlocks[block].nodes)
        (joining, fanIn) = (.runs(width: 1), 1)
        values = .constant(NeuralGraph.selfLoopValue)
    }
}

extension EdgeStream {
    /// Cuts edges into tiles, in order, targets the slower axis.
    @inline(__always)
    static func forEachTile(
        targets: Range<Int>, places: Range<Int>, _ body: (_ targets: Range<Int>, _ places: Range<Int>) throws -> Void
    ) rethrows {
        let fanIn = min(max(1, places.count), EdgeTile.largestFanIn)
        for targets in targets.pieces(of: EdgeTile.largest / fanIn) {
            for places in places.pieces(of: fanIn) { try body(targets, places) }
        }
    }

    /// Source node of each edge of a tile, in the order target slow, place fast.
    func writeSources(targets tile: Range<Int>, places: Range<Int>, into output: UnsafeMutablePointer<Int32>) {
        switch joining {
        case .dense:
            for t in 0..<tile.count {
                for (p, place) in places.enumerated() {
                    output[t * places.count + p] = Int32(truncatingIfNeeded: sources.lowerBound + place)
                }
            }
        case .runs:
            for (t, target) in tile.enumerated() {
                let first = source(of: target, place: places.lowerBound)
                for p in 0..<places.count { output[t * places.count + p] = Int32(truncatingIfNeeded: first + p) }
            }
        case .listed(let listing):
            for (t, target) in tile.enumerated() {
                for (p, place) in places.enumerated() {
                    output[t * places.count + p] = listing.sources[index(target, place)]
                }
            }
        }
    }

    /// The source in a place of a target.
    func source(of target: Int, place: Int) -> Int {
        switch joining {
        case .dense: sources.lowerBound + place
        case .runs(let width): sources.lowerBound + (target - targets.lowerBound) / width * fanIn + place
        case .listed(let listing): Int(listing.sources[index(target, place)])
        }
    }

    /// Whether a sampler takes an edge.
    func isChosen(by sampler: EdgeSampler, target: Int, place: Int) -> Bool {
        let to = target - targets.lowerBound
        switch joining {
        case .dense:
            let edge = isReversed ? to * sources.count + place : place * targets.count + to
            return sampler.includes(block: block, edge: edge)
        case .runs(let width):
            let edge = (to / width * fanIn + place) * width + to % width
            return sampler.includes(block: block, edge: type == EdgeType.selfLoop.rawValue ? target : edge)
        case .listed(let listing):
            return sampler.includes(block: block, edge: Int(listing.numbers[index(target, place)]))
        }
    }

    private func index(_ target: Int, _ place: Int) -> Int { (target - targets.lowerBound) * fanIn + place }
}
