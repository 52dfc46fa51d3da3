import Synchronization

/// The sums of one tile, put together from those of its tasks in their order, whichever is done first.
final class TileSums: Sendable {
    private struct State {
        var parts: [MessageSums?]
        var missing: Int
    }

    /// Parts of this rank, and all that the tile has.
    let own: Range<Int>
    let count: Int
    private let state: Mutex<State>

    init(own: Range<Int>, of count: Int) {
        (self.own, self.count) = (own, count)
        state = Mutex(State(parts: Array(repeating: nil, count: own.count), missing: own.count))
    }

    /// - Returns: the whole sums, to the task that is done last, if all parts are this rank's.
    func complete(_ part: Int, _ sums: MessageSums) -> MessageSums? {
        let isLast = state.withLock { state in
            state.parts[part - own.lowerBound] = sums
            state.missing -= 1
            return state.missing == 0
        }
        return isLast && own.count == count ? added(to: nil) : nil
    }

    /// The parts of this rank added, one after the other, to the sum of those before them.
    func added(to before: MessageSums?) -> MessageSums {
        let parts = state.withLock { state in
            defer { state.parts = [] }
            return state.parts.map { $0! }
        }
        let sums = before ?? parts[0]
        for part in before == nil ? parts.dropFirst() : parts[...] { sums.add(part) }
        return sums
    }
}

/// The sums of the tiles that a rank has tasks of.
struct TileSumTable {
    private let sums: [Int: TileSums]
    /// The first and the last group of tiles.
    let first: Range<Int>?
    let last: Range<Int>?

    /// - Parameter tasks: in the order in which they are dealt out.
    init(_ tasks: [TilePlan.MessageTask], _ plan: TilePlan) {
        var parts: [Int: Range<Int>] = [:]
        for task in tasks {
            for tile in task.tiles {
                parts[tile] = (parts[tile]?.lowerBound ?? task.part)..<(task.part + 1)
            }
        }
        sums = Dictionary(
            uniqueKeysWithValues: parts.map { ($0, TileSums(own: $1, of: plan.targetTiles[$0].tasks)) })
        (first, last) = (tasks.first?.tiles, tasks.last?.tiles)
    }

    subscript(tile: Int) -> TileSums { sums[tile]! }
}
