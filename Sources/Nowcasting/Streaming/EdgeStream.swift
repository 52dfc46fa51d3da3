import NeuralGraphs

/// An edge block seen from its targets: messages arrive at `targets` from `sources`, whichever way the block is
/// numbered.
struct EdgeStream: Sendable {
    enum Joining: Sendable, Equatable {
        /// Every target hears every source.
        case dense
        /// Target j hears source j div width alone.
        case fan(width: Int)
    }

    enum Values: Sendable {
        /// In slot 0 of all states.
        case constant(Float)
        case parameter(Scalars)
    }

    /// Where the scalars of an edge lie.
    struct Scalars: Sendable {
        let parameter: Int
        let offset: Int
        let slots: Int
        let targets: IndexRuns
        let sources: IndexRuns
    }

    let type: EdgeType
    /// Index of the node block.
    let sourceBlock: Int
    let targetBlock: Int
    let sources: Range<Int>
    let targets: Range<Int>
    let joining: Joining
    let values: Values
    /// Index among the graph's edge blocks; their number for self loops.
    let block: Int
    /// Whether the graph numbers the edges by their target first.
    let isReversed: Bool

    /// Edges into each target.
    var fanIn: Int { joining == .dense ? sources.count : 1 }

    init(_ index: Int, in graph: NeuralGraph) {
        let block = graph.edgeBlocks[index]
        (self.block, isReversed) = (index, block.reversed)
        type = block.type
        (sourceBlock, targetBlock) = block.reversed ? (block.to, block.from) : (block.from, block.to)
        (sources, targets) = (graph.nodeBlocks[sourceBlock].nodes, graph.nodeBlocks[targetBlock].nodes)
        joining = block.topology == .allPairs ? .dense : .fan(width: targets.count / sources.count)
        switch block.values {
        case .constant(let value): values = .constant(value)
        case .parameter(let rule):
            let (targetLevels, sourceLevels) = block.reversed ? (rule.from, rule.to) : (rule.to, rule.from)
            values = .parameter(
                Scalars(
                    parameter: rule.parameter, offset: rule.offset, slots: rule.slots, targets: IndexRuns(targetLevels),
                    sources: IndexRuns(sourceLevels)))
        }
    }

    /// The self loops of a node block.
    init(selfLoopsOf block: Int, in graph: NeuralGraph) {
        (self.block, isReversed) = (graph.edgeBlocks.count, false)
        type = .selfLoop
        (sourceBlock, targetBlock) = (block, block)
        (sources, targets) = (graph.nodeBlocks[block].nodes, graph.nodeBlocks[block].nodes)
        joining = .fan(width: 1)
        values = .constant(NeuralGraph.selfLoopValue)
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

extension EdgeStream {
    /// Source node of each edge of a tile, in the order target slow, source fast.
    ///
    /// - Parameter tileSources: for dense streams the sources of every target of the tile.
    func writeSources(
        targets tileTargets: Range<Int>, sources tileSources: Range<Int>, into output: UnsafeMutablePointer<Int32>
    ) {
        switch joining {
        case .dense:
            for t in 0..<tileTargets.count {
                for s in 0..<tileSources.count {
                    output[t * tileSources.count + s] = Int32(truncatingIfNeeded: tileSources.lowerBound + s)
                }
            }
        case .fan:
            for (t, target) in tileTargets.enumerated() { output[t] = Int32(truncatingIfNeeded: source(of: target)) }
        }
    }

    /// The one source of a target of a fan.
    func source(of target: Int) -> Int {
        guard case .fan(let width) = joining else { preconditionFailure("a target of a dense stream has many sources") }
        return sources.lowerBound + (target - targets.lowerBound) / width
    }
}
