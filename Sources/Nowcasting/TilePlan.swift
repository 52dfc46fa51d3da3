import NeuralGraphs

/// The work of a pass, cut by the graph alone: which targets go together, and which tasks write a parameter back.
struct TilePlan: Sendable {
    /// Targets whose incoming edges one task handles: their sums are its own, so no order of tasks shows in the result.
    struct TargetTile: Sendable {
        let block: Int
        let targets: Range<Int>
        /// Sources of each target taken at a time.
        let sourceLimit: Int
        let edges: Int
    }

    /// Edges whose predictions one task writes.
    struct ReadOutTask: Sendable {
        let stream: Int
        let targets: Range<Int>
        let sources: Range<Int>
        var edges: Int { targets.count * max(1, sources.count) }
    }

    /// Edges of a tile in passes that hold a vector an edge: 256 rows of 128 numbers and their product stay in the second-level cache.
    static let edgesPerTile = 256

    let nodeBlocks: [Range<Int>]
    let streams: [EdgeStream]
    /// Streams into each node block, in the order of the graph, self loops last.
    let incoming: [[Int]]
    /// Longest first, so that threads finish together.
    let targetTiles: [TargetTile]
    /// For parameters that lie once on an edge, in any order.
    let directReadOuts: [ReadOutTask]
    /// For parameters with copies: stage by stage; the tasks of a stage write different scalars.
    let copiedReadOuts: [[ReadOutTask]]
    /// Parameters with copies.
    let copiedParameters: [Int]

    init(_ graph: NeuralGraph) {
        let nodeBlocks = graph.nodeBlocks.map(\.nodes)
        let streams = graph.edgeBlocks.map { EdgeStream($0, in: graph) } + graph.nodeBlocks.indices.map { EdgeStream(selfLoopsOf: $0, in: graph) }
        var incoming = [[Int]](repeating: [], count: graph.nodeBlocks.count)
        for (index, stream) in streams.enumerated() { incoming[stream.targetBlock].append(index) }
        (self.nodeBlocks, self.streams, self.incoming) = (nodeBlocks, streams, incoming)
        targetTiles = nodeBlocks.indices.flatMap { block in
            Self.tiles(of: nodeBlocks[block], block: block, fanIns: incoming[block].map { streams[$0].fanIn })
        }.sorted { ($0.edges, $1.targets.lowerBound) > ($1.edges, $0.targets.lowerBound) }

        let copied = Self.parametersWithCopies(in: graph)
        copiedParameters = copied.sorted()
        var direct: [ReadOutTask] = []
        var staged: [[ReadOutTask]] = []
        for (index, block) in graph.edgeBlocks.enumerated() {
            guard case .parameter(let rule) = block.values else { continue }
            if copied.contains(rule.parameter) {
                staged.append(Self.readOutTasks(of: index, streams[index], rule, reversed: block.reversed))
            } else {
                direct += Self.readOutTasks(of: index, streams[index], cuttingTargets: true, cuttingSources: true)
            }
        }
        directReadOuts = direct.sorted { ($0.edges, $1.stream, $1.targets.lowerBound, $1.sources.lowerBound) > ($1.edges, $0.stream, $0.targets.lowerBound, $0.sources.lowerBound) }
        copiedReadOuts = staged
    }

    /// Few targets a tile where each has many sources, so that there are tiles for many threads; up to a full tile where each has one.
    private static func tiles(of nodes: Range<Int>, block: Int, fanIns: [Int]) -> [TargetTile] {
        let largest = fanIns.max() ?? 1
        let size = largest >= 32 ? (nodes.count >= 256 ? 16 : 8) : edgesPerTile / largest
        return stride(from: nodes.lowerBound, to: nodes.upperBound, by: size).map { first in
            let targets = first..<min(first + size, nodes.upperBound)
            return TargetTile(block: block, targets: targets, sourceLimit: max(1, edgesPerTile / size), edges: targets.count * fanIns.reduce(0, +))
        }
    }

    /// A parameter has copies if its edges have more slots than it has scalars: every scalar lies on at least one.
    private static func parametersWithCopies(in graph: NeuralGraph) -> Set<Int> {
        var slots = [Double](repeating: 0, count: graph.parameters.entries.count)
        for block in graph.edgeBlocks {
            if case .parameter(let rule) = block.values { slots[rule.parameter] += Double(graph.edgeCount(of: block)) * Double(rule.slots) }
        }
        return Set(slots.indices.filter { slots[$0] != Double(graph.parameters.entries[$0].count) })
    }

    /// Tasks may share no scalar: the side that holds copies is not cut.
    private static func readOutTasks(of index: Int, _ stream: EdgeStream, _ rule: AddressRule, reversed: Bool) -> [ReadOutTask] {
        let (targets, sources) = reversed ? (rule.from, rule.to) : (rule.to, rule.from)
        let hasCopies = { (levels: [IndexLevel]) in levels.contains { $0.stride == 0 && $0.extent > 1 } }
        let isInjective = rule.isInjectiveButForCopies
        return readOutTasks(
            of: index, stream, cuttingTargets: isInjective && !hasCopies(targets), cuttingSources: isInjective && !hasCopies(sources))
    }

    private static func readOutTasks(of index: Int, _ stream: EdgeStream, cuttingTargets: Bool, cuttingSources: Bool) -> [ReadOutTask] {
        let targetStep = cuttingTargets ? max(16, edgesPerTile / stream.fanIn) : stream.targets.count
        let isDense = stream.joining == .dense
        let sourceStep = cuttingSources && isDense ? 1024 : stream.sources.count
        return stride(from: stream.targets.lowerBound, to: stream.targets.upperBound, by: targetStep).flatMap { target in
            stride(from: stream.sources.lowerBound, to: isDense ? stream.sources.upperBound : stream.sources.lowerBound + 1, by: sourceStep).map { source in
                ReadOutTask(
                    stream: index, targets: target..<min(target + targetStep, stream.targets.upperBound),
                    sources: isDense ? source..<min(source + sourceStep, stream.sources.upperBound) : 0..<0)
            }
        }
    }
}
