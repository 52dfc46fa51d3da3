import NeuralGraphs

/// An edge block seen from its targets: messages arrive at `targets` from `sources`, whichever way the block is numbered.
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

    /// Edges into each target.
    var fanIn: Int { joining == .dense ? sources.count : 1 }

    init(_ block: EdgeBlock, in graph: NeuralGraph) {
        type = block.type
        (sourceBlock, targetBlock) = block.reversed ? (block.to, block.from) : (block.from, block.to)
        (sources, targets) = (graph.nodeBlocks[sourceBlock].nodes, graph.nodeBlocks[targetBlock].nodes)
        joining = block.topology == .allPairs ? .dense : .fan(width: targets.count / sources.count)
        switch block.values {
        case .constant(let value): values = .constant(value)
        case .parameter(let rule):
            let (targetLevels, sourceLevels) = block.reversed ? (rule.from, rule.to) : (rule.to, rule.from)
            values = .parameter(Scalars(
                parameter: rule.parameter, offset: rule.offset, slots: rule.slots, targets: IndexRuns(targetLevels), sources: IndexRuns(sourceLevels)))
        }
    }

    /// The self loops of a node block.
    init(selfLoopsOf block: Int, in graph: NeuralGraph) {
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

/// Edges of a stream between a few targets and a few sources, in the order target slow, source fast.
struct EdgeTile {
    let targets: Range<Int>
    /// Sources of every target; for a fan empty, as each target has its own.
    let sources: Range<Int>
    let fanIn: Int

    var edges: Int { targets.count * fanIn }
}

extension EdgeStream {
    /// Cuts the edges into `targets` into tiles of at most `limit` sources a target, in order.
    @inline(__always)
    func forEachTile(targets: Range<Int>, sources: Range<Int>, limit: Int, _ body: (EdgeTile) -> Void) {
        guard joining == .dense else { return body(EdgeTile(targets: targets, sources: 0..<0, fanIn: 1)) }
        for first in stride(from: sources.lowerBound, to: sources.upperBound, by: limit) {
            let chunk = first..<min(first + limit, sources.upperBound)
            body(EdgeTile(targets: targets, sources: chunk, fanIn: chunk.count))
        }
    }

    /// Source node of every edge of a tile.
    func writeSources(of tile: EdgeTile, into output: UnsafeMutablePointer<Int32>) {
        switch joining {
        case .dense:
            for t in 0..<tile.targets.count {
                for s in 0..<tile.fanIn { output[t * tile.fanIn + s] = Int32(truncatingIfNeeded: tile.sources.lowerBound + s) }
            }
        case .fan(let width):
            for (t, target) in tile.targets.enumerated() {
                output[t] = Int32(truncatingIfNeeded: sources.lowerBound + (target - targets.lowerBound) / width)
            }
        }
    }
}

extension EdgeStream.Scalars {
    /// Calls `body` for each patch of scalars of one slot in a tile, with the tile's edge at the patch's corner.
    @inline(__always)
    func forEachPatch(of tile: EdgeTile, in stream: EdgeStream, slot: Int, _ body: (_ patch: ScalarPatch, _ edge: Int) -> Void) {
        let rows = (tile.targets.lowerBound - stream.targets.lowerBound)..<(tile.targets.upperBound - stream.targets.lowerBound)
        let isDense = stream.joining == .dense
        let columns = isDense ? (tile.sources.lowerBound - stream.sources.lowerBound)..<(tile.sources.upperBound - stream.sources.lowerBound) : 0..<1
        targets.forEach(in: rows) { row, rowCount, rowAddress, rowStride in
            sources.forEach(in: columns) { column, columnCount, columnAddress, columnStride in
                let patch = ScalarPatch(
                    parameter: parameter, first: offset + rowAddress + columnAddress + slot, rows: rowCount, rowStride: rowStride,
                    columns: columnCount, columnStride: columnStride)
                body(patch, row * tile.fanIn + column)
            }
        }
    }
}
