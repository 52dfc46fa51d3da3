import NeuralGraphs

/// Work that handles some edges.
protocol EdgeTask {
    var edges: Int { get }
}

extension EdgePanel: EdgeTask {}

/// The work of a pass, cut by the graph alone: which edges go together, and which tasks write a parameter back.
struct TilePlan: Sendable {
    /// Targets whose messages are summed together.
    struct TargetTile: Sendable {
        let block: Int
        let targets: Range<Int>
        let tasks: Int
    }

    /// Part `part` of the edges into some neighbouring target tiles.
    struct MessageTask: EdgeTask, Sendable {
        let tiles: Range<Int>
        let part: Int
        /// Of the first tile; those of the others differ in their targets alone.
        let panels: [EdgePanel]
        let edges: Int
    }

    /// The read-out of a parameter with copies: stage by stage; the tasks of a stage write different scalars.
    struct CopiedParameter: Sendable {
        let parameter: Int
        let stages: [[EdgePanel]]
    }

    let nodeBlocks: [Range<Int>]
    let streams: [EdgeStream]
    let targetTiles: [TargetTile]
    /// Those of a tile side by side; tiles with many edges first, so that threads finish together.
    let messageTasks: [MessageTask]
    /// For parameters that lie once on an edge, in any order; large ones first.
    let directReadOuts: [EdgePanel]
    let copiedReadOuts: [CopiedParameter]

    /// - Parameter blocks: of nodes; the targets of each stream are one of them.
    init(_ streams: [EdgeStream], blocks: [Range<Int>], parameters: ParameterList) {
        (self.streams, nodeBlocks) = (streams, blocks)
        let edges = streams.reduce(0) { $0 + $1.edges }
        // A small graph is cut finer, so that every thread has work, but not so fine that the cuts cost more than the
        // work.
        let taskEdges = min(1 << 17, max(EdgeTile.largest, edges / 64))
        (targetTiles, messageTasks) = Self.messageTasks(nodeBlocks, streams, taskEdges: taskEdges)
        (directReadOuts, copiedReadOuts) = Self.readOuts(
            streams, parameters, panelEdges: min(EdgePanel.largest, taskEdges))
    }

    private static func messageTasks(_ nodeBlocks: [Range<Int>], _ streams: [EdgeStream], taskEdges: Int) -> (
        [TargetTile], [MessageTask]
    ) {
        // Streams into each node block, in the order of the graph, self loops last.
        var incoming = [[Int]](repeating: [], count: nodeBlocks.count)
        for (index, stream) in streams.enumerated() { incoming[stream.targetBlock].append(index) }
        let fanIns = incoming.map { $0.reduce(0) { $0 + streams[$1].fanIn } }
        let pieces = nodeBlocks.indices.flatMap { block in
            nodeBlocks[block].pieces(
                of: targetsPerTile(
                    largestFanIn: incoming[block].map { streams[$0].fanIn }.max() ?? 1, taskEdges: taskEdges)
            )
            .map { (block: block, targets: $0) }
        }.sorted {
            ($0.targets.count * fanIns[$0.block], $1.targets.lowerBound) > (
                $1.targets.count * fanIns[$1.block], $0.targets.lowerBound
            )
        }
        let edges = pieces.reduce(0) { $0 + $1.targets.count * fanIns[$1.block] }
        var tiles: [TargetTile] = []
        var tasks: [MessageTask] = []
        var next = pieces[...]
        while let (block, targets) = next.first {
            let parts = parts(
                of: incoming[block].flatMap { panels(of: $0, streams[$0], targets) }, taskEdges: taskEdges)
            // Neighbours of the same size, where it helps to read their states together.
            let isTogether = incoming[block].contains { streams[$0].targetsAreInner }
            let most = isTogether ? max(1, min(largestGroup, edges / (leastTasks * taskEdges))) : 1
            let alike = next.prefix(most).prefix { $0.block == block && $0.targets.count == targets.count }
            next = next.dropFirst(alike.count)
            let group = tiles.count..<(tiles.count + alike.count)
            for (part, panels) in parts.enumerated() {
                tasks.append(
                    MessageTask(
                        tiles: group, part: part, panels: panels,
                        edges: alike.count * panels.reduce(0) { $0 + $1.edges }))
            }
            tiles += alike.map { TargetTile(block: block, targets: $0.targets, tasks: parts.count) }
        }
        return (tiles, tasks)
    }

    /// Tiles of a task: 2,048 targets whose states for 512 sources are 20 MB.
    private static let largestGroup = 32
    /// A task may not grow beyond this share of the work, so that threads finish together.
    private static let leastTasks = 64

    /// Many targets share what is read and summed of their sources; where each has few sources, a tile is full with
    /// more of them.
    private static func targetsPerTile(largestFanIn: Int, taskEdges: Int) -> Int {
        guard largestFanIn >= 32 else { return EdgeTile.largest / largestFanIn }
        return taskEdges >= 64 * EdgeTile.largest ? 64 : taskEdges >= 16 * EdgeTile.largest ? 16 : 8
    }

    private static func panels(of index: Int, _ stream: EdgeStream, _ targets: Range<Int>) -> [EdgePanel] {
        (0..<stream.fanIn).pieces(of: min(1024, EdgePanel.largest / targets.count)).map {
            EdgePanel(stream: index, targets: targets, places: $0)
        }
    }

    /// Panels in order, as many together as make a task.
    private static func parts(of panels: [EdgePanel], taskEdges: Int) -> [[EdgePanel]] {
        var parts: [[EdgePanel]] = [[]]
        var edges = 0
        for panel in panels {
            if edges > 0, edges + panel.edges > taskEdges {
                parts.append([])
                edges = 0
            }
            parts[parts.count - 1].append(panel)
            edges += panel.edges
        }
        return parts
    }
}

extension TilePlan {
    private static func readOuts(_ streams: [EdgeStream], _ parameters: ParameterList, panelEdges: Int) -> (
        [EdgePanel], [CopiedParameter]
    ) {
        let copied = parametersWithCopies(streams, parameters)
        var direct: [EdgePanel] = []
        var stages: [Int: [[EdgePanel]]] = [:]
        for (index, stream) in streams.enumerated() {
            guard case .parameter(let scalars) = stream.values else { continue }
            let isCopied = copied.contains(scalars.parameter)
            // Tasks may share no scalar: the side that holds copies is not cut.
            let panels = readOutPanels(
                of: index, stream, panelEdges: panelEdges, targetsAreInner: scalars.targetsAreInner,
                cuttingTargets: !isCopied || scalars.targetsDiffer, cuttingPlaces: !isCopied || scalars.placesDiffer)
            if isCopied { stages[scalars.parameter, default: []].append(panels) } else { direct += panels }
        }
        direct.sort {
            ($0.edges, $1.stream, $1.targets.lowerBound, $1.places.lowerBound) > (
                $1.edges, $0.stream, $0.targets.lowerBound, $0.places.lowerBound
            )
        }
        return (direct, stages.sorted { $0.key < $1.key }.map { CopiedParameter(parameter: $0.key, stages: $0.value) })
    }

    /// A parameter has copies if its edges have more slots than it has scalars: every scalar lies on at least one.
    private static func parametersWithCopies(_ streams: [EdgeStream], _ parameters: ParameterList) -> Set<Int> {
        var slots = [Double](repeating: 0, count: parameters.entries.count)
        for stream in streams {
            if case .parameter(let scalars) = stream.values {
                slots[scalars.parameter] += Double(stream.edges) * Double(scalars.slots)
            }
        }
        return Set(slots.indices.filter { slots[$0] != Double(parameters.entries[$0].count) })
    }

    /// Long along the axis that lies together in the parameter; an axis that may not be cut is whole.
    private static func readOutPanels(
        of index: Int, _ stream: EdgeStream, panelEdges: Int, targetsAreInner: Bool, cuttingTargets: Bool,
        cuttingPlaces: Bool
    ) -> [EdgePanel] {
        let (targets, places) = (stream.targets.count, stream.fanIn)
        let (inner, outer) = targetsAreInner ? (targets, places) : (places, targets)
        let (cutsInner, cutsOuter) =
            targetsAreInner ? (cuttingTargets, cuttingPlaces) : (cuttingPlaces, cuttingTargets)
        // 128 scalars are the shortest run worth a read of its own.
        let innerStep =
            cutsInner ? min(inner, cutsOuter ? max(512, panelEdges / 8) : max(128, panelEdges / outer)) : inner
        let outerStep = cutsOuter ? max(1, panelEdges / innerStep) : outer
        let (targetStep, placeStep) = targetsAreInner ? (innerStep, outerStep) : (outerStep, innerStep)
        return stream.targets.pieces(of: targetStep).flatMap { targets in
            (0..<stream.fanIn).pieces(of: placeStep).map { EdgePanel(stream: index, targets: targets, places: $0) }
        }
    }
}
