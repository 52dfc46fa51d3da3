import NeuralGraphs

/// What a nowcast costs one of several ranks: from its plan alone, without memory for nodes or states.
public struct RankCost: Sendable, Equatable {
    /// Edges of its message tasks, which each round goes through, and of its read-out.
    public let messageEdges: Int
    public let readOutEdges: Int
    /// Nodes whose rows it keeps.
    public let nodeRows: Int
    /// Of arrays of node rows, of the plan, and of what threads work in.
    public let memoryBytes: Int
    public let sentBytes: Int
    /// Of all states in all passes.
    public let readBytes: Int
    public let writtenBytes: Int
    /// Multiplications and additions of H × H products.
    public let operations: Double

    /// What a rank is told of every node: its encoding and its word.
    private static let nodeBytes =
        LaplacianPositionalEncoding.width * MemoryLayout<Float>.stride + MemoryLayout<Int>.stride
    /// Memory of a worker thread.
    private static let threadBytes = 25 << 20

    /// - Parameters:
    ///   - ranks: how many share the work.
    ///   - scalarBytes: of a stored weight.
    ///   - threads: of each rank.
    public static func all(
        of graph: GraphInput, shape: NetworkShape, ranks: Int, scalarBytes: Int, threads: Int
    ) -> [RankCost] {
        let share = RankPlan(graph.plan, size: ranks)
        return (0..<ranks).map { rank in
            RankCost(graph.plan, share, rank, shape, scalarBytes: scalarBytes, threads: threads)
        }
    }

    private init(
        _ plan: TilePlan, _ share: RankPlan, _ rank: Int, _ shape: NetworkShape, scalarBytes: Int, threads: Int
    ) {
        let (rounds, row) = (shape.updates, shape.width * MemoryLayout<Float>.stride)
        let tasks = share.messages[rank].map { plan.messageTasks[share.order[$0]] }
        messageEdges = tasks.reduce(0) { $0 + $1.edges }
        let readOut = share.readOuts[rank].flatMap { plan.panels(of: $0) }
        readOutEdges = readOut.reduce(0) { $0 + $1.edges }
        nodeRows = share.needed[rank].count
        // x, and a source and a target term for each update.
        let nodes = plan.nodeCount * Self.nodeBytes
        memoryBytes = (2 * rounds + 1) * nodeRows * row + nodes + plan.bytes + threads * Self.threadBytes

        let scalars = plan.scalars
        let states = StateHistory.contextLength * scalarBytes
        let messageScalars = tasks.reduce(0) { $0 + plan.scalars(of: $1) }
        let own = readOut.reduce(0) { $0 + plan.scalars(of: $1) }
        readBytes = states * (scalars / share.owned.count + rounds * messageScalars + own)
        writtenBytes = own * scalarBytes

        let others = share.owned.indices.filter { $0 != rank }
        let rows = others.reduce(0) { sum, other in
            sum + share.needed[other].intersection(share.owned[rank]).reduce(0) { $0 + $1.count }
        }
        let sums =
            share.targetsPassedOn(by: rank, plan) * (2 * shape.width + shape.width + 1) * MemoryLayout<Double>.stride
        let statistics = 2 * MemoryLayout<Double>.stride * StateScaling.pieceCount(scalars) / share.owned.count
        sentBytes = rounds * (rows * row + sums) + others.count * statistics
        let products = 2 * Double(shape.width * shape.width)
        let perMessage = (0..<rounds).reduce(0) { $0 + $1 }
        operations = products * (Double(perMessage) * Double(messageEdges) + Double(rounds) * Double(readOutEdges))
    }
}

extension TilePlan {
    /// What its lists take.
    fileprivate var bytes: Int {
        let panel = MemoryLayout<EdgePanel>.stride
        let messages = messageTasks.reduce(0) { $0 + $1.panels.count * panel + MemoryLayout<MessageTask>.stride + 32 }
        return messages + directReadOuts.count * panel + targetTiles.count * MemoryLayout<TargetTile>.stride
    }

    fileprivate func panels(of item: RankPlan.ReadOut) -> [EdgePanel] {
        switch item {
        case .direct(let index): [directReadOuts[index]]
        case .copied(let index): Array(copiedReadOuts[index].stages.joined())
        }
    }

    /// Of all parameters, each scalar as often as it lies on an edge.
    fileprivate var scalars: Int { streams.reduce(0) { $0 + $1.edges * $1.channelCount / StateHistory.contextLength } }

    fileprivate func scalars(of panel: EdgePanel) -> Int {
        panel.edges * streams[panel.stream].channelCount / StateHistory.contextLength
    }

    fileprivate func scalars(of task: MessageTask) -> Int {
        task.tiles.count * task.panels.reduce(0) { $0 + scalars(of: $1) }
    }
}

extension RankPlan {
    /// Targets of the tiles whose sums a rank gives to the next one.
    fileprivate func targetsPassedOn(by rank: Int, _ plan: TilePlan) -> Int {
        guard let last = messages[rank].last else { return 0 }
        let task = plan.messageTasks[order[last]]
        return task.part + 1 < plan.targetTiles[task.tiles.lowerBound].tasks ? plan.targets(of: task).count : 0
    }
}
