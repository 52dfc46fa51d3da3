/// How ranks share a plan: each takes a piece of the tasks in the order of their targets, of about as many edges as any
/// other, so that it needs the rows of few nodes. A function of the plan, the number of ranks and what is done already.
struct RankPlan: Sendable {
    /// What of the read-out has to be done.
    enum ReadOut: Sendable {
        /// Index among the plan's direct panels.
        case direct(Int)
        /// Index among the plan's parameters with copies.
        case copied(Int)
    }

    /// Message tasks of all ranks, in the order in which they are dealt out, as indices in the plan.
    let order: [Int]
    /// Places in `order`, by rank.
    let messages: [Range<Int>]
    /// Read-outs by rank.
    let readOuts: [[ReadOut]]
    /// By rank, nodes whose states it computes: each lies with one rank.
    let owned: [Range<Int>]
    /// By rank, nodes whose rows its tasks look at, its own included.
    let needed: [NodeRanges]

    /// - Parameter isDone: whether a part of the read-out, by its number in the journal, is done.
    init(_ plan: TilePlan, size: Int, isDone: (Int) -> Bool = { _ in false }) {
        order = plan.messageTasks.indices.sorted {
            let (first, second) = (plan.messageTasks[$0], plan.messageTasks[$1])
            return (plan.targets(of: first).lowerBound, first.part) < (
                plan.targets(of: second).lowerBound, second.part
            )
        }
        messages = Self.cuts(order.map { plan.messageTasks[$0].edges }, size: size)
        let items = Self.readOuts(plan, isDone: isDone)
        let cuts = Self.cuts(items.map(\.edges), size: size)
        readOuts = cuts.map { items[$0].map(\.item) }
        owned = Self.owned(plan, order, messages)
        let (order, messages, readOuts, owned) = (order, messages, readOuts, owned)
        needed = (0..<size).map { rank in
            guard size > 1 else { return NodeRanges([0..<plan.nodeCount]) }
            var rows = NodeRangeCollector()
            rows.add(owned[rank])
            for place in messages[rank] { plan.addRows(of: plan.messageTasks[order[place]], to: &rows) }
            for item in readOuts[rank] { plan.addRows(of: item, to: &rows) }
            return rows.nodes
        }
    }

    /// Contiguous shares of about the same weight.
    static func cuts(_ weights: [Int], size: Int) -> [Range<Int>] {
        let total = weights.reduce(0, +)
        var (bounds, sum) = ([0], 0)
        for (place, weight) in weights.enumerated() {
            // Whoever has the middle of a task has the task.
            while bounds.count < size,
                Double(2 * sum + weight) * Double(size) >= 2 * Double(total) * Double(bounds.count)
            {
                bounds.append(place)
            }
            sum += weight
        }
        while bounds.count <= size { bounds.append(weights.count) }
        return (0..<size).map { bounds[$0]..<bounds[$0 + 1] }
    }

    private static func readOuts(_ plan: TilePlan, isDone: (Int) -> Bool) -> [(item: ReadOut, edges: Int)] {
        let direct = plan.directReadOuts.indices.filter { !isDone($0) }.map {
            (item: ReadOut.direct($0), panel: plan.directReadOuts[$0], edges: plan.directReadOuts[$0].edges)
        }
        let copied = plan.copiedReadOuts.indices.filter { !isDone(plan.directReadOuts.count + $0) }.map { index in
            let panels = plan.copiedReadOuts[index].stages.joined()
            return (item: ReadOut.copied(index), panel: panels.first!, edges: panels.reduce(0) { $0 + $1.edges })
        }
        return (direct + copied).sorted {
            let (first, second) = ($0.panel, $1.panel)
            return (first.targets.lowerBound, first.stream, first.places.lowerBound) < (
                second.targets.lowerBound, second.stream, second.places.lowerBound
            )
        }.map { ($0.item, $0.edges) }
    }

    /// The rank with the last task of a tile finishes its targets; tasks in order leave each rank a range of them.
    private static func owned(_ plan: TilePlan, _ order: [Int], _ messages: [Range<Int>]) -> [Range<Int>] {
        var start = 0
        return messages.map { places in
            var end = start
            for place in places {
                let task = plan.messageTasks[order[place]]
                if task.part == plan.targetTiles[task.tiles.lowerBound].tasks - 1 {
                    end = plan.targets(of: task).upperBound
                }
            }
            defer { start = end }
            return start..<end
        }
    }
}

extension TilePlan {
    var nodeCount: Int { nodeBlocks.last?.upperBound ?? 0 }

    /// Targets of all tiles of a task: neighbours.
    func targets(of task: MessageTask) -> Range<Int> {
        let (first, last) = (targetTiles[task.tiles.lowerBound].targets, targetTiles[task.tiles.upperBound - 1].targets)
        return min(first.lowerBound, last.lowerBound)..<max(first.upperBound, last.upperBound)
    }

    fileprivate func addRows(of task: MessageTask, to rows: inout NodeRangeCollector) {
        let targets = targets(of: task)
        rows.add(targets)
        for panel in task.panels {
            addSources(of: EdgePanel(stream: panel.stream, targets: targets, places: panel.places), to: &rows)
        }
    }

    fileprivate func addRows(of item: RankPlan.ReadOut, to rows: inout NodeRangeCollector) {
        let panels: [EdgePanel]
        switch item {
        case .direct(let index): panels = [directReadOuts[index]]
        case .copied(let index): panels = Array(copiedReadOuts[index].stages.joined())
        }
        for panel in panels {
            rows.add(panel.targets)
            addSources(of: panel, to: &rows)
        }
    }

    private func addSources(of panel: EdgePanel, to rows: inout NodeRangeCollector) {
        let stream = streams[panel.stream]
        switch stream.joining {
        case .dense: rows.add(panel.places.shifted(by: stream.sources.lowerBound))
        case .runs:
            let first = stream.source(of: panel.targets.lowerBound, place: panel.places.lowerBound)
            rows.add(first..<(stream.source(of: panel.targets.upperBound - 1, place: panel.places.upperBound - 1) + 1))
        case .listed: rows.add(stream.sources)
        }
    }
}
